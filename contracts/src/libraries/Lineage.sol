// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EpochStart} from "../interfaces/Types.sol";

/// @title The live lineage of a log
/// @notice A log is a chain of epochs, each going on from a size of the one before it. Every log
///         begins with (0, 0); only what reopenings added is stored, so a fresh log costs nothing
///         and an absent length proves the lineage [(0, 0)].
///
///         A position (e, i) is live iff e is in the lineage, i >= its start, and i < the start of
///         the next step (or the log's size, for the last step).
/// @dev Epochs rise along the lineage (an epoch is opened behind older ones and never reused), and
///      starts never fall, so a search from the newest step ends early.
library Lineage {
    /// @notice The live range [start, end) of an epoch; `found` is false off the lineage.
    /// @param size The log's size, the end of the last step.
    function rangeOf(EpochStart[] storage reopened, uint32 epoch, uint64 size)
        internal
        view
        returns (bool found, uint64 start, uint64 end)
    {
        end = size;
        for (uint256 i = reopened.length; i != 0; --i) {
            EpochStart memory step = reopened[i - 1];
            if (step.epoch == epoch) return (true, step.startSize, end);
            if (step.epoch < epoch) return (false, 0, 0);
            end = step.startSize;
        }
        return (epoch == 0, 0, end);
    }

    /// @notice Let epoch `next` go on from size `start` of `from`, which is on the lineage: every
    ///         step after `from` leaves it.
    function branch(EpochStart[] storage reopened, uint32 from, uint32 next, uint48 start)
        internal
    {
        for (uint256 i = reopened.length; i != 0 && reopened[i - 1].epoch > from; --i) {
            reopened.pop();
        }
        reopened.push(EpochStart({epoch: next, startSize: start}));
    }
}
