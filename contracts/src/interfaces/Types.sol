// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// Every value that crosses a boundary of the two contracts, and every word they store.
/// Storage words are drawn from bit 255 (left) to bit 0 (right). The compiler's storage layout is
/// the authority for the offsets; `ledger/chain/slots.py` reads it and numbers nothing by hand.

/// @dev `kind` of a region's log of licenses.
uint8 constant LICENSES = 0;
/// @dev `kind` of a region's log of accesses.
uint8 constant ACCESS = 1;
/// @dev Largest tree size that a head may state: sizes stay below 2**48.
uint64 constant MAX_SIZE = 2 ** 48 - 1;

/// What a proposal does; `data` is the ABI encoding of the named function's arguments.
enum Action {
    AdmitRegion, // admitRegion(Admission)
    RemoveRegion, // removeRegion(uint32)
    ReplaceAdmin, // replaceAdmin(uint32,address)
    SetTypes, // setTypes(TypeChange[])
    SetGrants, // setGrants(uint32,GrantChange[])
    ChangeQuorum, // changeQuorum(uint32)
    ReopenLog, // reopenLog(uint32,uint8,HeadOpening)
    SetStatuses, // setStatuses(uint32,StatusWord[])
    NameSuccessor // nameSuccessor(address)
}

/// What an address may do for its region.
enum Role {
    None,
    Admin, // the cold key: governance, rotations, corrections
    AnchorKey // the hot key: appends to the logs, changes statuses
}

/// One to one with the reason codes of a verdict (DESIGN §6).
enum Reason {
    Ok, // ok
    Malformed, // malformed
    NotInLog, // not_in_log
    RootNotOnChain, // root_not_on_chain
    NotAnchored, // not_anchored
    Disowned, // disowned
    Suspended, // suspended
    Revoked, // revoked
    Superseded // superseded
}

/// A public key as the node that owns it states it. 32-byte keys stand in `x` with `y` zero; keys
/// of two coordinates use both. Algorithms: 1 Ed25519, 2 X25519, 3 SM2. The contracts do not use
/// the keys, so an algorithm can come without a new contract.
struct KeyMaterial {
    uint8 algorithm;
    bytes32 x;
    bytes32 y;
}

/// All that a region brings when it is admitted. `region` is its GB/T 2260 code as a number.
struct Admission {
    uint32 region;
    address admin;
    address anchorKey;
    KeyMaterial signingKey;
    KeyMaterial encryptionKey;
    string endpoint;
}

/// New state of one license type; `typeHash` is SHA-256 of the type code's UTF-8.
struct TypeChange {
    bytes32 typeHash;
    uint8 level;
    bool active;
}

/// Whether a region may issue a type from the next block on.
struct GrantChange {
    bytes32 typeHash;
    bool granted;
}

/// | 255..232 unused | 231..224 active | 223..64 anchorKey | 63..0 sinceBlock |
struct Authority {
    uint64 sinceBlock;
    address anchorKey;
    bool active;
}

/// | 255..224 unused | 223..64 holder | 63..0 sinceBlock |   (admins; successors)
struct Holder {
    uint64 sinceBlock;
    address holder;
}

/// | 255..80 unused | 79..72 active | 71..64 level 1..4 | 63..0 sinceBlock |
struct TypeState {
    uint64 sinceBlock;
    uint8 level;
    bool active;
}

/// | 255..72 unused | 71..64 granted | 63..0 sinceBlock |
struct Grant {
    uint64 sinceBlock;
    bool granted;
}

/// | 255..96 unused | 95..64 quorum | 63..0 sinceBlock |
struct Quorum {
    uint64 sinceBlock;
    uint32 quorum;
}

/// A numbered key of a region; its number is its place in the array, and receipts name keys by
/// (region, number). It counts for blocks sinceBlock <= b < endBlock; endBlock 0 means current.
/// | 255..136 unused | 135..72 endBlock | 71..8 sinceBlock | 7..0 algorithm |, then x, then y.
struct KeyRecord {
    uint8 algorithm;
    uint64 sinceBlock;
    uint64 endBlock;
    bytes32 x;
    bytes32 y;
}

/// What became of an address. An address is used once, for one region and one role, ever.
/// | 255..112 unused | 111..104 retired | 103..40 sinceBlock | 39..32 role | 31..0 region |
struct KeyUse {
    uint32 region;
    Role role;
    uint64 sinceBlock;
    bool retired;
}

/// The packed half of a log's newest head; its root stands in the slot before it.
/// | 255..192 blockTime | 191..128 blockNumber | 127..96 epoch | 95..48 previousSize | 47..0 size |
/// `previousSize == size` (above 0) marks a head made by a reopening that nothing followed yet.
struct HeadWord {
    uint48 size;
    uint48 previousSize;
    uint32 epoch;
    uint64 blockNumber;
    uint64 blockTime;
}

/// One step of a log's live lineage: `epoch` goes on from `startSize` of the step before it.
/// | 255..80 unused | 79..32 startSize | 31..0 epoch |
struct EpochStart {
    uint32 epoch;
    uint48 startSize;
}

/// An anchored head with all that its anchor slot commits to:
/// anchor = keccak256(abi.encode(root, previousSize, blockNumber, blockTime)).
struct HeadOpening {
    uint32 epoch;
    uint64 size;
    bytes32 root;
    uint64 previousSize;
    uint64 blockNumber;
    uint64 blockTime;
}

/// A change of up to 128 neighbouring statuses: pairs of bits in `mask` become those in `values`.
/// Index i of a log is the pair 2*(i%128) of word i/128. 0 in force, 1 suspended, 2 revoked,
/// 3 superseded. `reason` is a code of the consortium's catalogue; the chain only reports it.
struct StatusWord {
    uint32 epoch;
    uint64 wordIndex;
    uint256 mask;
    uint256 values;
    uint8 reason;
}

/// A proposal as a reader sees it. `counted` of the `approvals` count now.
struct ProposalView {
    Action action;
    uint32 proposer;
    uint64 expiresAtBlock;
    bool executed;
    uint32 counted;
    uint32[] approvals;
    bytes data;
}
