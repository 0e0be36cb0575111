"""Verified before served: every way of tampering with a region's storage is refused by name."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from ledger.errors import ConflictError, IntegrityError, NotFoundError
from ledger.hashing import leaf_hash
from ledger.ports.licenses import LicenseFilter
from ledger.services.fsck import Fsck
from ledger.services.issuance import Registered
from ledger.services.lookup import MOST_FOUND
from ledger.services.status import StatusAction, StatusReason
from ledger.services.verifying import PublicQuery
from ledger.tile_tree import TileTree
from ledger.verdict import Value
from tests.support.region import FIRM, TestChain, open_region


class World:
    def __init__(self, folder: Path) -> None:
        self.region = open_region(folder)
        self.chain = TestChain([self.region])
        self.made: list[Registered] = []
        for at in range(3):
            draft = self.region.draft(file=self.region.draft_file(b"%%PDF-1.7 file %d" % at))
            self.made.append(self.region.issuance.register(draft, office=self.region.office))
        self.chain.anchor()

    def sql(self, statement: str, *values: object) -> None:
        with sqlite3.connect(self.region.folder / "region.sqlite") as connection:
            connection.execute(statement, values)
        connection.close()

    def reason(self, at: int = 0) -> str:
        found = self.region.look_up.get(self.made[at].record.id, office=self.region.office)
        assert (found.bundle is None) == (found.verdict.value != "valid")
        return found.verdict.reason

    def files(self) -> list[Path]:
        ids = [made.record.id for made in self.made]
        paths = [path for path in (self.region.folder / "files").rglob("*") if path.is_file()]
        return [next(path for path in paths if one in path.name) for one in ids]

    def fsck(self) -> set[str]:
        look_up = self.region.look_up
        report = Fsck(
            database=self.region.database,
            files=self.region.files,
            cipher=look_up._cipher,
            evidence=self.region.evidence,
        ).run()
        assert report.licenses == 3
        return {finding.code for finding in report.findings}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_untouched_licenses_answer(world: World) -> None:
    assert [world.reason(at) for at in range(3)] == ["ok"] * 3
    assert world.fsck() == set()
    _, content = world.region.look_up.file(world.made[1].record.id, office=None)
    assert content == b"%PDF-1.7 file 1"


def test_an_edited_column_is_named(world: World) -> None:
    world.sql("UPDATE license SET valid_until = '2099-12-31' WHERE id = ?", world.made[0].record.id)
    assert world.reason(0) == "content_mismatch"
    assert world.reason(1) == "ok"
    assert "license_damaged" in world.fsck()


def test_an_edited_entry_is_not_in_the_log(world: World) -> None:
    record = world.made[0].record
    entry = record.entry.replace(b"2030-12-31", b"2039-12-31")
    world.sql(
        "UPDATE license SET entry = ?, valid_until = '2039-12-31' WHERE id = ?", entry, record.id
    )
    assert world.reason(0) == "not_in_log"
    assert {"entry_changed"} <= world.fsck()


def test_a_rewritten_log_with_all_hashes_recomputed_is_not_on_the_chain(world: World) -> None:
    record = world.made[0].record
    entry = record.entry.replace(b"2030-12-31", b"2039-12-31")
    leaf = leaf_hash(entry)
    leaves = [leaf if one is world.made[0] else one.record.leaf_hash for one in world.made]
    grown = TileTree(read=lambda level, index: b"", tree_size=0).append(leaves)
    world.sql(
        "UPDATE license SET entry = ?, leaf_hash = ?, valid_until = '2039-12-31' WHERE id = ?",
        entry,
        leaf,
        record.id,
    )
    world.sql("UPDATE log_tile SET hashes = ?", grown.tiles[0, 0])
    world.sql("UPDATE log_head SET root_hash = ?", grown.root_hash)
    # Every license of the rewritten log is refused: none of them proves against the chain.
    assert [world.reason(at) for at in range(3)] == ["root_not_on_chain"] * 3
    assert "root_not_on_chain" in world.fsck()


def test_sealed_disclosures_of_another_license_do_not_open(world: World) -> None:
    first, second = world.made[0].record, world.made[1].record
    world.sql("UPDATE license SET sealed = ? WHERE id = ?", second.sealed, first.id)
    assert world.reason(0) == "content_mismatch"


def test_a_flipped_byte_in_a_file_is_refused(world: World) -> None:
    path = world.files()[0]
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)
    with pytest.raises(IntegrityError) as caught:
        world.region.look_up.file(world.made[0].record.id, office=None)
    assert (caught.value.reason, caught.value.check) == ("content_mismatch", 2)
    assert world.fsck() == {"file_damaged"}


def test_swapped_files_are_refused(world: World) -> None:
    first, second, _ = world.files()
    one, two = first.read_bytes(), second.read_bytes()
    for path, data in ((first, two), (second, one)):
        path.chmod(0o600)
        path.write_bytes(data)
    for at in range(2):
        with pytest.raises(IntegrityError):
            world.region.look_up.file(world.made[at].record.id, office=None)


def test_a_missing_file_is_named(world: World) -> None:
    world.files()[0].unlink()
    with pytest.raises(IntegrityError, match="missing"):
        world.region.look_up.file(world.made[0].record.id, office=None)


def test_another_offices_license_is_as_absent(world: World) -> None:
    with pytest.raises(NotFoundError):
        world.region.look_up.get(world.made[0].record.id, office="11110000000021135M")
    assert world.region.look_up.by_holder(FIRM, (), office="11110000000021135M") == ()
    assert len(world.region.look_up.by_holder(FIRM, (), office=world.region.office)) == 3


def test_status_goes_to_the_chain_and_back(world: World) -> None:
    region, license_id = world.region, world.made[0].record.id

    def ask(action: StatusAction) -> None:
        region.status.change(
            license_id, action, StatusReason.INSPECTION, "查", office=region.office
        )

    ask(StatusAction.SUSPEND)
    ask(StatusAction.SUSPEND)  # under way: the same wish again changes nothing
    with pytest.raises(ConflictError, match="under way"):
        ask(StatusAction.REVOKE)
    assert world.reason(0) == "ok"
    world.chain.anchor()
    assert _status_reason(world) == "suspended"
    ask(StatusAction.RESUME)
    world.chain.anchor()
    assert _status_reason(world) == "ok"
    ask(StatusAction.REVOKE)
    world.chain.anchor()
    assert _status_reason(world) == "revoked"
    with pytest.raises(ConflictError, match="cannot resume"):
        ask(StatusAction.RESUME)


def _status_reason(world: World) -> str:
    found = world.region.look_up.get(world.made[0].record.id, office=None)
    assert found.bundle is not None, "a revoked license is shown as such"
    return found.verdict.reason


def test_anonymous_verification_shows_what_possession_shows(world: World) -> None:
    public, made = world.region.public, world.made[0]
    by_file = public.verify_here(PublicQuery(content=b"%PDF-1.7 file 0"))
    assert by_file is not None
    assert by_file.reason == "ok"
    assert by_file.license is not None
    assert "check_code" not in by_file.license.fields
    assert "principal_name" not in by_file.license.fields
    by_code = public.verify_here(PublicQuery(check_code=made.check_code))
    assert by_code is not None
    assert by_code.reason == "ok"
    changed = public.verify_here(PublicQuery(content=b"%PDF-1.7 file 9"))
    assert changed is None, "unknown here: other regions may know it"
    bundle = world.region.look_up.get(made.record.id, office=None).bundle
    assert bundle is not None
    again = public.verify_here(PublicQuery(content=bundle.encode()))
    assert again is not None
    assert again.reason == "ok"
    rubbish = public.verify_here(PublicQuery(content=b"{}"))
    assert rubbish is not None
    assert rubbish.reason == "malformed"


def test_as_of_an_instant_before_the_revocation_stands(world: World) -> None:
    region = world.region
    before = region.clock()
    region.status.change(
        world.made[0].record.id,
        StatusAction.REVOKE,
        StatusReason.CEASED,
        "注销",
        office=region.office,
    )
    world.chain.block()
    world.chain.anchor()
    query = PublicQuery(sha256=world.made[0].record.file_sha256)
    now = region.public.verify_here(query)
    then = region.public.verify_here(
        PublicQuery(sha256=world.made[0].record.file_sha256, as_of=before)
    )
    assert now is not None
    assert then is not None
    assert (now.reason, then.reason) == ("revoked", "ok")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("valid_until", "soon"),
        ("valid_until", 7),
        ("valid_from", b"\xff"),
        ("entry", "text"),
        ("entry", 5),
        ("sealed", "text"),
        ("promise", "text"),
        ("leaf_hash", "text"),
        ("leaf_index", "text"),
        ("epoch", "text"),
        ("registered_at", "text"),
        ("type_code", "11100000000013338W999"),
    ],
)
def test_a_value_of_another_type_spoils_its_own_license_only(
    world: World, column: str, value: object
) -> None:
    statement = "UPDATE license SET column = ? WHERE id = ?".replace("column", column)
    world.sql(statement, value, world.made[0].record.id)
    found = world.region.look_up.by_holder(FIRM, (), office=None)
    assert len(found) == 3
    intact = [one for one in found if one.record.id != world.made[0].record.id]
    assert [one.verdict.reason for one in intact] == ["ok", "ok"]
    (damaged,) = (one for one in found if one.record.id == world.made[0].record.id)
    # The others are no part of what is served; `fsck` names them.
    if column not in ("promise", "registered_at", "leaf_hash"):
        assert damaged.verdict.value is not Value.VALID
    world.region.look_up.page(LicenseFilter(), after=None, limit=10)


def test_other_offices_licenses_hide_none_of_this_one(tmp_path: Path) -> None:
    region = open_region(tmp_path)
    chain = TestChain([region])
    drafts = [region.draft() for _ in range(MOST_FOUND + 1)]
    own, *others = region.issuance.register_batch(drafts, office=region.office)
    chain.anchor(region)
    assert isinstance(own, Registered)
    database = sqlite3.connect(region.folder / "region.sqlite")
    with database:
        database.execute(
            "UPDATE license SET office = '11220000013544541J' WHERE id != ?", (own.record.id,)
        )
    database.close()
    found = region.look_up.by_holder(FIRM, (), office=region.office)
    assert [one.record.id for one in found] == [own.record.id]
    everything = region.look_up.by_holder(FIRM, (), office=None)
    assert len(everything) == len(others) == MOST_FOUND
