"""The demo's tampering: refused as long as it stands, and undone without a trace."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from ledger.errors import ConfigurationError, IntegrityError
from ledger.keys import KeyId
from ledger.verdict import Verdict
from ledger.verification import verify_license
from nodes.devnet.demo.tampering.file_damage import FileDamage, find_file
from nodes.devnet.demo.tampering.journal import Journal
from nodes.devnet.demo.tampering.rewrite import Rewrite
from nodes.devnet.demo.tampering.row_edit import RowEdit
from tests.support.fsck import check
from tests.support.pipeline import open_pipeline
from tests.support.region import TestChain, TestRegion, open_region

EARLY, LATE = 258, 4
"""Licenses under the first head, more than a tile, and under the second."""


class Network:
    """Two regions: 天津, whose data somebody changes, and 雄安, which asks."""

    def __init__(self, folder: Path) -> None:
        for name in ("tianjin", "xiongan"):
            (folder / name).mkdir()
        self.tianjin = open_region(folder / "tianjin", "120000")
        self.xiongan = open_region(folder / "xiongan", "133100", clock=self.tianjin.clock)
        chain = TestChain([self.tianjin, self.xiongan])
        self.early = self._register(EARLY)
        chain.anchor()
        self.late = self._register(LATE)
        chain.anchor()
        self.database = self.tianjin.folder / "region.sqlite"
        self.store = self.tianjin.folder / "files"

    def _register(self, number: int) -> list[str]:
        drafts = [
            self.tianjin.draft(file=self.tianjin.draft_file(b"%%PDF-1.7 %d" % at))
            for at in range(number)
        ]
        outcomes = self.tianjin.issuance.register_batch(drafts, office=self.tianjin.office)
        return [one.record.id for one in outcomes if not isinstance(one, tuple)]

    def verdict_here(self, license_id: str) -> Verdict:
        """What the region itself finds."""
        return self.tianjin.look_up.get(license_id, office=None).verdict

    def verdict_there(self, license_id: str) -> Verdict:
        """What the asking region finds in what it is sent."""
        with self.tianjin.database.read() as session:
            record = session.licenses.get(license_id)
            assert record is not None
            bundle = self.tianjin.evidence.build(session, record)
        with self.xiongan.database.read() as session:
            trust = self.xiongan.evidence.load_trust(session, bundle, None)
        return verify_license(bundle, trust, self.xiongan.clock())

    def contents(self) -> str:
        """A digest of all rows and files of the region, however SQLite lays them out."""
        digest = hashlib.sha256()
        with closing(sqlite3.connect(self.database)) as connection:
            for statement in sorted(connection.iterdump()):
                digest.update(statement.encode())
        for file in sorted(self.store.rglob("*")):
            if file.is_file():
                digest.update(file.name.encode() + file.read_bytes())
        return digest.hexdigest()


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return Network(tmp_path)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "damage.json")


def _rewrite(network: Network, license_id: str) -> Rewrite:
    region: TestRegion = network.tianjin
    return Rewrite.plan(
        database=network.database,
        region=region.code,
        license_id=license_id,
        valid_until=date(2099, 12, 31),
        key=region.signing_key,
        key_id=KeyId(region.code, 0),
    )


def test_an_edited_row_is_refused(network: Network, journal: Journal) -> None:
    before, target = network.contents(), network.late[0]
    journal.do(RowEdit.plan(database=network.database, license_id=target, new="2099-12-31"))
    refused = network.verdict_here(target)
    assert (refused.reason, refused.checks[1].outcome) == ("content_mismatch", "failed")
    assert network.verdict_here(network.late[1]).reason == "ok"
    assert journal.undo_all() == 1
    assert network.verdict_here(target).reason == "ok"
    assert network.contents() == before


def test_changed_files_are_refused(network: Network, journal: Journal, tmp_path: Path) -> None:
    before, look_up = network.contents(), network.tianjin.look_up
    one, other, third = network.late[:3]
    files = {name: find_file(network.store, name) for name in (one, other, third)}
    journal.do(FileDamage.flip(files[third], keep_in=tmp_path / "kept"))
    journal.do(FileDamage.swap(files[one], files[other], keep_in=tmp_path / "kept"))
    for target in files:
        with pytest.raises(IntegrityError) as caught:
            look_up.file(target, office=None)
        assert (caught.value.reason, caught.value.check) == ("content_mismatch", 2)
    look_up.file(network.late[3], office=None)
    assert journal.undo_all() == 2
    assert network.contents() == before
    look_up.file(one, office=None)


def test_a_rewritten_entry_fools_its_own_node_and_no_other(
    network: Network, journal: Journal
) -> None:
    before, target = network.contents(), network.late[1]
    journal.do(_rewrite(network, target))

    fooled = network.verdict_here(target)
    assert fooled.reason == "ok", "everything that the region itself has was made to match"
    assert fooled.license is not None
    assert fooled.license.valid_until == date(2099, 12, 31)

    refused = network.verdict_there(target)
    assert refused.reason == "root_not_on_chain"
    assert [check.outcome for check in refused.checks[:4]] == ["passed"] * 3 + ["failed"]
    assert network.verdict_there(network.early[-1]).reason == "ok"

    journal.undo_all()
    assert network.contents() == before
    assert network.verdict_there(target).reason == "ok"


def test_fsck_finds_by_the_contract_what_the_region_itself_cannot(
    tmp_path: Path, journal: Journal
) -> None:
    """Everything in the database agrees with the rewritten entry, the mirror too."""
    pipeline = open_pipeline(tmp_path)
    records = pipeline.register(3)
    pipeline.settle()
    region = pipeline.region
    journal.do(
        Rewrite.plan(
            database=region.folder / "region.sqlite",
            region=region.code,
            license_id=records[1].id,
            valid_until=date(2099, 12, 31),
            key=region.signing_key,
            key_id=KeyId(region.code, 0),
        )
    )
    blind = check(region)
    assert (blind.chain_compared, blind.findings) == (False, ())

    report = check(region, pipeline.chain)
    assert report.chain_compared
    assert [one.code for one in report.findings] == ["root_not_on_chain", "mirror_differs"]
    assert "the contract" in report.findings[0].detail

    journal.undo_all()
    assert check(region, pipeline.chain).findings == ()


def test_damage_noted_before_a_crash_is_undone_by_the_next_run(
    network: Network, tmp_path: Path
) -> None:
    """The journal alone carries over; undoing what was never done changes nothing."""
    before, path = network.contents(), tmp_path / "damage.json"
    first = Journal(path)
    first.do(_rewrite(network, network.late[0]))
    first.do(RowEdit.plan(database=network.database, license_id=network.late[1], new=None))
    noted_only = RowEdit.plan(
        database=network.database, license_id=network.late[2], new="2031-01-01"
    )
    first.do(noted_only)
    noted_only.undo()  # as if the crash had come between noting and doing

    assert Journal(path).undo_all() == 3
    assert network.contents() == before
    assert not path.exists()
    assert Journal(path).undo_all() == 0


@pytest.mark.parametrize("content", [b"{", b"[{}]", b'[{"kind":"entry"}]', b"[1]", b"\xff"])
def test_an_unreadable_journal_is_said(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "damage.json"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="--fresh"):
        Journal(path).undo_all()
    assert path.exists()


def test_the_journal_is_private_and_says_what_was_done(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "damage.json"
    Journal(path).do(RowEdit.plan(database=network.database, license_id=network.late[0], new=None))
    assert path.stat().st_mode & 0o777 == 0o600
    (noted,) = json.loads(path.read_text())
    assert noted["license_id"] == network.late[0]
