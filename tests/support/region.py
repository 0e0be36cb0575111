"""One region on a real SQLite database, file store and cipher, with a chain driven by the test.

`TestChain` plays the consortium for any number of regions: it accepts each region's integrated
head as the contract would, and hands every region's mirror the same blocks. What happens on a real
chain is tested on a real chain; here the services are, block by block.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from ledger import identifier
from ledger.catalogue import LicenseType, parse_seed
from ledger.chain_events import (
    Anchored,
    AuthoritySet,
    ChainEvent,
    EndpointSet,
    GrantSet,
    RegionKeySet,
    StatusWordSet,
    TypeSet,
)
from ledger.draft import DraftFile, LicenseDraft
from ledger.hashing import sha256, type_hash
from ledger.keys import KeyAlgorithm, KeyId, OpeningKey, SigningKey
from ledger.license import Holder
from ledger.ports.accounts import Office
from ledger.ports.peers import Peers
from ledger.services.accounts import ROLES, Accounts, NewToken
from ledger.services.evidence import Evidence, EvidenceSettings
from ledger.services.exchange import Exchange
from ledger.services.issuance import Issuance, IssuanceLimits, Issuer
from ledger.services.lookup import LookUp, digest_file
from ledger.services.provision import Provision
from ledger.services.sequencing import Sequencer
from ledger.services.status import StatusService
from ledger.services.verifying import PublicVerification
from ledger.store.data_keys import open_cipher
from ledger.store.database import SqlDatabase, open_database
from ledger.store.files_disk import DiskFileStore
from ledger.store.migrations import upgrade
from ledger.types import BlockRef, LicenseStatus, LogKind, Position, Region

CHAIN_ID = 31337
START = datetime(2026, 11, 24, 8, 0, 0, tzinfo=UTC)
SEED = (Path(__file__).parents[2] / "ledger/data/license_types.csv").read_text(encoding="utf-8")
CATALOGUE = parse_seed(SEED)


class SteppingClock:
    """A clock that stands still until the test moves it."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class NoPeers:
    """A region alone: for tests that ask no other region."""


@dataclass
class TestRegion:
    """A region's services on real storage."""

    __test__ = False

    code: Region
    office: str
    database: SqlDatabase
    files: DiskFileStore
    folder: Path
    clock: SteppingClock
    signing_key: SigningKey
    opening_key: OpeningKey
    evidence: Evidence
    issuance: Issuance
    status: StatusService
    look_up: LookUp
    provision: Provision
    sequencer: Sequencer
    accounts: Accounts
    public: PublicVerification
    exchange: Exchange
    _serial: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def sequence(self) -> int:
        """Integrate everything that waits; how many licenses."""
        lease = self.sequencer.take_lease()
        assert lease is not None
        count = 0
        while (done := self.sequencer.round(lease).count) > 0:
            count += done
        return count

    def draft(self, type_: LicenseType | None = None, **changes: object) -> LicenseDraft:
        """A sound draft of this office; `changes` replace its members."""
        kind = type_ or organization_type()
        serial = f"{next(self._serial):09d}"
        values: dict[str, object] = {
            "identifier": str(identifier.make(kind.code, self.office, serial, 1)),
            "type_code": kind.code,
            "holders": (Holder(name="示例科技有限公司", code=FIRM, code_type="001"),)
            if kind.holder == "organization"
            else (Holder(name="张示例", code=PERSON, code_type="111"),),
            "valid_from": date(2026, 1, 1),
            "valid_until": date(2030, 12, 31),
            "fields": {
                "certificate_name": kind.name_zh,
                "certificate_number": f"证字第{serial}号",
                "issue_date": "2026-01-01",
                "principal_name": "李示例",
            },
        }
        values.update(changes)
        return LicenseDraft(**values)  # type: ignore[arg-type]

    def draft_file(self, content: bytes = b"%PDF-1.7 example") -> DraftFile:
        return DraftFile(facts=digest_file(content, "application/pdf"), content=content)

    def token(self, role: str = "business") -> NewToken:
        return self.accounts.create_token(
            office=self.office,
            label=role,
            scopes=[scope.value for scope in ROLES[role]],
            life=timedelta(days=1),
        )


class TestChain:
    """Blocks one second apart; every region's mirror gets each block when it is made."""

    __test__ = False

    def __init__(
        self, regions: Sequence[TestRegion], *, endpoint: str = "http://127.0.0.1:1"
    ) -> None:
        self.regions = {region.code: region for region in regions}
        self.clock = regions[0].clock
        self.newest = BlockRef(
            number=0, hash=_block_hash(0), parent_hash=bytes(32), time=int(START.timestamp())
        )
        self._anchored: dict[Region, int] = dict.fromkeys(self.regions, 0)
        self._words: dict[tuple[Region, int, int], int] = {}
        for region in regions:
            with region.database.write() as session:
                session.mirror.apply(self.newest, ())
        self.block(genesis_events(regions, endpoint))
        self.block()

    def block(self, events: Sequence[ChainEvent] = ()) -> BlockRef:
        """One more block, final at once, applied by every mirror."""
        number = self.newest.number + 1
        self.clock.advance(1)
        self.newest = BlockRef(
            number=number,
            hash=_block_hash(number),
            parent_hash=self.newest.hash,
            time=int(self.clock().timestamp()),
        )
        for region in self.regions.values():
            with region.database.write() as session:
                session.mirror.apply(self.newest, tuple(events))
                session.mirror.advance(final=number, checked_at=self.clock())
        return self.newest

    def anchor(self, *regions: TestRegion) -> BlockRef:
        """Sequence and anchor what these regions (none named: all) have waiting, in one block."""
        events: list[ChainEvent] = []
        for region in regions or self.regions.values():
            region.sequence()
            with region.database.read() as session:
                head = session.outbox.due_head(LogKind.LICENSES)
                changes = session.licenses.waiting_status_changes(1000)
            if head is not None and head.tree_size > self._anchored[region.code]:
                events.append(
                    Anchored(
                        region=region.code,
                        kind=LogKind.LICENSES,
                        epoch=head.epoch,
                        tree_size=head.tree_size,
                        previous_size=self._anchored[region.code],
                        root_hash=head.root_hash,
                    )
                )
                self._anchored[region.code] = head.tree_size
            events.extend(
                self._word(region.code, change.position, change.new) for change in changes
            )
            with region.database.write() as session:
                session.licenses.finish_status_changes([change.id for change in changes])
                if head is not None:
                    session.outbox.settle_heads(LogKind.LICENSES, head.epoch, head.tree_size)
        return self.block(events)

    def _word(self, region: Region, position: Position, status: LicenseStatus) -> StatusWordSet:
        word_index, place = divmod(position.index, 128)
        shift = 2 * place
        key = (region, position.epoch, word_index)
        word = self._words.get(key, 0) & ~(3 << shift) | (status.value << shift)
        self._words[key] = word
        return StatusWordSet(
            region=region,
            epoch=position.epoch,
            word_index=word_index,
            mask=3 << shift,
            values=word,
            reason=1,
            corrected=False,
        )


def open_region(
    folder: Path,
    code: str = "110000",
    *,
    clock: SteppingClock | None = None,
    peers: Peers | None = None,
    seed: int = 1,
) -> TestRegion:
    """A region with an empty database in `folder`, the seed catalogue and one office."""
    source = random.Random(f"{code}/{seed}")
    region = Region(code)
    clock = clock or SteppingClock()
    url = f"sqlite:///{folder / 'region.sqlite'}"
    upgrade(url)
    database = open_database(url, region=region)
    cipher = open_cipher(database, source.randbytes(32), now=clock())
    files = DiskFileStore(folder / "files")
    signing_key = SigningKey.from_bytes(source.randbytes(32))
    ids = (f"0193{at:04x}-0000-7000-8000-{int(code):012x}" for at in itertools.count(1))
    evidence = Evidence(
        cipher=cipher,
        settings=EvidenceSettings(
            region=region,
            chain_id=CHAIN_ID,
            finality="test",
            max_age=timedelta(minutes=5),
        ),
    )
    common = {"database": database, "clock": clock}
    look_up = LookUp(files=files, cipher=cipher, evidence=evidence, **common)
    provision = Provision(database=database, cipher=cipher, look_up=look_up)
    asked: Peers = peers if peers is not None else NoPeers()  # type: ignore[assignment]
    office = office_of(code)
    accounts = Accounts(random_bytes=source.randbytes, new_id=lambda: next(ids), **common)
    built = TestRegion(
        code=region,
        office=office,
        database=database,
        files=files,
        folder=folder,
        clock=clock,
        signing_key=signing_key,
        opening_key=OpeningKey.from_bytes(source.randbytes(32)),
        evidence=evidence,
        issuance=Issuance(
            files=files,
            cipher=cipher,
            random_bytes=source.randbytes,
            new_id=lambda: next(ids),
            issuer=Issuer(region=region, key_id=KeyId(region, 0), key=signing_key),
            limits=IssuanceLimits(
                anchor_within=timedelta(minutes=10),
                max_anchor_lag=timedelta(minutes=5),
                max_pending=100_000,
            ),
            **common,
        ),
        status=StatusService(evidence=evidence, cipher=cipher, new_id=lambda: next(ids), **common),
        look_up=look_up,
        provision=provision,
        sequencer=Sequencer(region=region, holder="test", **common),
        accounts=accounts,
        public=PublicVerification(cipher=cipher, evidence=evidence, peers=asked, **common),
        exchange=Exchange(evidence=evidence, peers=asked, provision=provision, **common),
    )
    accounts.put_office(Office(uscc=office, name=f"{code} 示例局"))
    with database.write() as session:
        session.catalogue.put_all(CATALOGUE)
    return built


def organization_type(level: int = 1) -> LicenseType:
    """The first type of organisations at this level."""
    return next(one for one in CATALOGUE if one.holder == "organization" and one.level == level)


def person_type(level: int = 2) -> LicenseType:
    """The first type of persons at this level."""
    return next(one for one in CATALOGUE if one.holder == "person" and one.level == level)


def office_of(code: str) -> str:
    """A made-up office of the region with a code that holds (GB 32100)."""
    body = f"11{code}MB0000001"
    return body + identifier.credit_code_check(body)


FIRM = "91110000MA0000001" + identifier.credit_code_check("91110000MA0000001")
PERSON = "11010519491231002" + identifier.citizen_id_check("11010519491231002")


def genesis_events(regions: Sequence[TestRegion], endpoint: str) -> list[ChainEvent]:
    events: list[ChainEvent] = [
        TypeSet(type_hash=type_hash(one.code), level=one.level, active=True, since_block=2)
        for one in CATALOGUE
    ]
    for at, region in enumerate(regions):
        events.append(
            AuthoritySet(
                region=region.code, since_block=2, anchor_key=f"0x{at + 1:040x}", active=True
            )
        )
        events.append(EndpointSet(region=region.code, url=endpoint, since_block=2))
        for use, algorithm, public in (
            ("signing", KeyAlgorithm.ED25519, region.signing_key.public.raw),
            ("encryption", KeyAlgorithm.X25519, region.opening_key.public.raw),
        ):
            events.append(
                RegionKeySet(
                    region=region.code,
                    use=use,
                    number=0,
                    algorithm=algorithm,
                    public=public,
                    since_block=2,
                )
            )
        events.extend(
            GrantSet(region=region.code, type_hash=type_hash(one.code), granted=True, since_block=2)
            for one in CATALOGUE
        )
    return events


def _block_hash(number: int) -> bytes:
    return sha256(b"block %d" % number)
