// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Keys of the license log's mappings
/// @notice Each names one thing in one packed word, so a proof needs one keccak to find its slot.
library Keys {
    /// @notice One log.
    /// | 255..40 zero | 39..8 region | 7..0 kind |
    function logKey(uint32 region, uint8 kind) internal pure returns (uint256) {
        return (uint256(region) << 8) | kind;
    }

    /// @notice One anchored size.
    /// | 255..120 zero | 119..88 region | 87..80 kind | 79..48 epoch | 47..0 size |
    function anchorKey(uint32 region, uint8 kind, uint32 epoch, uint48 size)
        internal
        pure
        returns (uint256)
    {
        return (uint256(region) << 88) | (uint256(kind) << 80) | (uint256(epoch) << 48) | size;
    }

    /// @notice One word of 128 statuses; `wordIndex` has at most 64 bits.
    /// | 255..128 zero | 127..96 region | 95..64 epoch | 63..0 word index |
    function statusKey(uint32 region, uint32 epoch, uint256 wordIndex)
        internal
        pure
        returns (uint256)
    {
        return (uint256(region) << 96) | (uint256(epoch) << 64) | wordIndex;
    }
}
