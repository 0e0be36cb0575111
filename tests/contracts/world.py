"""A founded consortium on a real chain, and the few verbs that the contract tests are written in.

Four regions, quorum three. Whoever acts is named by region and role; its address is derived from
that name, and the development chain lets any address send. Refusals are read from the mined,
reverted transaction, not predicted: block rules ("from the next block on") are part of what is
tested.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode
from eth_typing import ABIError
from eth_utils.abi import abi_to_signature, function_signature_to_4byte_selector
from hexbytes import HexBytes
from web3 import HTTPProvider, Web3
from web3.contract import Contract
from web3.contract.contract import ContractFunction
from web3.logs import DISCARD

from contracts.artifacts import CONTRACTS, load
from contracts.deployment import (
    ContractAddresses,
    Founding,
    FoundingRegion,
    KeyAlgorithm,
    KeyMaterial,
    predict_addresses,
)
from contracts.proposals import Action, encode_data
from ledger.hashing import keccak256
from tests.contracts.trees import Head, Opening

BEIJING, TIANJIN, HEBEI, XIONGAN = 110_000, 120_000, 130_000, 133_100
REGIONS = (BEIJING, TIANJIN, HEBEI, XIONGAN)
SHANGHAI = 310_000
"""Never a founder."""

LICENSES, ACCESS = 0, 1
LIFETIME, WINDOW = 40, 60
GAS = 30_000_000


def address(name: object) -> str:
    """The address that stands for `name`."""
    return Web3.to_checksum_address(keccak256(f"test {name}".encode())[-20:])


def admin(region: int) -> str:
    return address(f"admin {region}")


def anchor_key(region: int) -> str:
    return address(f"anchor {region}")


def key_material(algorithm: int, name: str) -> KeyMaterial:
    return KeyMaterial(algorithm=algorithm, x=keccak256(name.encode()))


def joining(region: int, suffix: str = "") -> FoundingRegion:
    """What `region` brings; another suffix makes other keys."""
    return FoundingRegion(
        code=region,
        admin=address(f"admin {region}{suffix}"),
        anchor_key=address(f"anchor {region}{suffix}"),
        signing_key=key_material(KeyAlgorithm.ED25519, f"sign {region}{suffix}"),
        encryption_key=key_material(KeyAlgorithm.X25519, f"seal {region}{suffix}"),
        endpoint=f"https://node-{region}.example",
    )


FOUNDING = Founding(
    regions=[joining(region) for region in REGIONS],
    quorum=3,
    proposal_lifetime=LIFETIME,
    reopen_window=WINDOW,
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A custom error as the chain returned it."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """An event as the chain logged it."""

    name: str
    arguments: dict[str, Any]


class RefusedError(Exception):
    """The contract refused a transaction that a test wanted done."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.name} {refusal.arguments}")
        self.refusal = refusal


class World:
    """One deployment."""

    def __init__(self, w3: Web3, addresses: ContractAddresses) -> None:
        self.w3 = w3
        self.addresses = addresses
        self.consortium = _contract(w3, addresses.consortium, "Consortium")
        self.log = _contract(w3, addresses.license_log, "LicenseLog")

    # --- the chain --------------------------------------------------------------------------------

    def rpc(self, method: str, *parameters: object) -> Any:
        answer = self.w3.provider.make_request(method, list(parameters))
        assert "result" in answer, answer
        return answer["result"]

    @property
    def block(self) -> int:
        """Number of the newest block."""
        return self.w3.eth.block_number

    def mine(self, blocks: int = 1) -> None:
        self.rpc("anvil_mine", hex(blocks))

    @contextmanager
    def one_block(self) -> Iterator[list[bytes]]:
        """Everything submitted inside goes into one block, in order; the list takes hashes."""
        self.rpc("evm_setAutomine", False)
        hashes: list[bytes] = []
        try:
            yield hashes
            self.mine()
        finally:
            self.rpc("evm_setAutomine", True)

    def submit(self, call: ContractFunction, sender: str) -> bytes:
        """Put a transaction into the pool."""
        return bytes(call.transact({"from": sender, "gas": GAS, "gasPrice": 0}))

    def receipt(self, transaction: bytes) -> Any:
        """The receipt; the chain mines at once, but answers before it has."""
        return self.w3.eth.wait_for_transaction_receipt(
            HexBytes(transaction), timeout=20, poll_latency=0.01
        )

    def outcome(self, transaction: bytes) -> list[Event] | Refusal:
        """The events of a mined transaction, or why the contract refused it."""
        receipt = self.receipt(transaction)
        if receipt["status"] == 0:
            trace = self.rpc(
                "debug_traceTransaction", "0x" + transaction.hex(), {"tracer": "callTracer"}
            )
            return _refusal(bytes.fromhex(trace.get("output", "0x")[2:]))
        return [
            event
            for entry in receipt["logs"]
            for contract in (self.consortium, self.log)
            if contract.address == entry["address"]
            for event in _decoded(contract, entry)
        ]

    # --- acting -----------------------------------------------------------------------------------

    def do(self, call: ContractFunction, sender: str) -> list[Event]:
        """Send and return the events; raise `RefusedError`."""
        done = self.outcome(self.submit(call, sender))
        if isinstance(done, Refusal):
            raise RefusedError(done)
        return done

    def refusal(self, call: ContractFunction, sender: str) -> Refusal:
        """Send what must be refused."""
        done = self.outcome(self.submit(call, sender))
        assert isinstance(done, Refusal), f"not refused: {done}"
        return done

    def propose(self, action: int, *arguments: object, by: int = BEIJING) -> int:
        """Propose for a region; the proposal's number."""
        data = encode_data(Action(action), *arguments)
        events = self.do(self.consortium.functions.propose(action, data), admin(by))
        return int(named(events, "ProposalCreated").arguments["id"])

    def approval(self, proposal: int) -> ContractFunction:
        return self.consortium.functions.approve(proposal)

    def decide(
        self, action: int, *arguments: object, by: Sequence[int] = REGIONS[:3]
    ) -> list[Event]:
        """Propose and approve with a quorum; the events of the approval that carried it out."""
        proposal = self.propose(action, *arguments, by=by[0])
        events: list[Event] = []
        for region in by[1:]:
            events = self.do(self.approval(proposal), admin(region))
        return events

    def decision_refused(
        self, action: int, *arguments: object, by: Sequence[int] = REGIONS[:3]
    ) -> Refusal:
        """The refusal that the last approval of a proposal meets."""
        proposal = self.propose(action, *arguments, by=by[0])
        for region in by[1:-1]:
            self.do(self.approval(proposal), admin(region))
        return self.refusal(self.approval(proposal), admin(by[-1]))

    def append_call(
        self,
        head: Head,
        *,
        proof: Sequence[bytes] = (),
        kind: int = LICENSES,
        words: Sequence[tuple[int, ...]] = (),
    ) -> ContractFunction:
        return self.log.functions.append(kind, head.size, head.root, list(proof), list(words))

    def append(
        self,
        head: Head,
        *,
        proof: Sequence[bytes] = (),
        region: int = BEIJING,
        key: str | None = None,
        kind: int = LICENSES,
        words: Sequence[tuple[int, ...]] = (),
    ) -> list[Event]:
        call = self.append_call(head, proof=proof, kind=kind, words=words)
        return self.do(call, key or anchor_key(region))

    def opening(self, region: int = BEIJING, kind: int = LICENSES) -> Opening:
        """The newest head with all that its anchor commits to."""
        return Opening(*self.log.functions.head(region, kind).call())

    def reopen_call(self, opening: Opening, key: str, kind: int = LICENSES) -> ContractFunction:
        return self.consortium.functions.reopenOwnLog(kind, opening, key)


def deploy(url: str, founding: Founding = FOUNDING) -> World:
    """Deploy on a development chain."""
    w3 = Web3(HTTPProvider(url, request_kwargs={"timeout": 60}))
    w3.provider.make_request("anvil_autoImpersonateAccount", [True])
    return deploy_with(w3, founding)


def deploy_with(w3: Web3, founding: Founding, deployer: str = address("deployer")) -> World:
    nonce = w3.eth.get_transaction_count(Web3.to_checksum_address(deployer))
    sent = w3.eth.send_transaction(
        {"from": deployer, "data": founding.creation_code(), "gas": GAS, "gasPrice": 0}
    )
    world = World(w3, predict_addresses(deployer, nonce))
    done = world.outcome(bytes(sent))
    if isinstance(done, Refusal):
        raise RefusedError(done)
    return world


def named(events: Sequence[Event], name: str) -> Event:
    """The one event of this name."""
    found = [event for event in events if event.name == name]
    assert len(found) == 1, f"{name} {len(found)} times in {[event.name for event in events]}"
    return found[0]


def _contract(w3: Web3, at: str, name: str) -> Contract:
    artifact = load("Consortium" if name == "Consortium" else "LicenseLog")
    return w3.eth.contract(address=Web3.to_checksum_address(at), abi=artifact.abi)


def _decoded(contract: Contract, entry: Any) -> Iterator[Event]:
    for event in contract.events:
        for found in event().process_receipt({"logs": [entry]}, errors=DISCARD):
            yield Event(found["event"], {k: _plain(v) for k, v in found["args"].items()})


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return [_plain(value[member]) for member in value]
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def errors_by_selector() -> dict[bytes, ABIError]:
    """Every custom error that either contract declares."""
    return {
        function_signature_to_4byte_selector(abi_to_signature(entry)): entry
        for name in CONTRACTS
        for entry in load(name).abi
        if entry["type"] == "error"
    }


def _refusal(output: bytes) -> Refusal:
    error = errors_by_selector().get(output[:4])
    assert error is not None, f"refused without a name: 0x{output.hex()}"
    types = [entry["type"] for entry in error.get("inputs", ())]
    names = [entry["name"] for entry in error.get("inputs", ())]
    return Refusal(error["name"], dict(zip(names, decode(types, output[4:]), strict=True)))
