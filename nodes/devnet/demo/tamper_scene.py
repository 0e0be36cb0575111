"""Four kinds of tampering with running nodes' data, each refused when the clerk asks again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from ledger.errors import LedgerError
from ledger.types import Region
from ledger.verdict import CHECK_NAMES
from nodes.devnet.demo.clerk import Clerk, Refusal, refusal_in, refusal_of
from nodes.devnet.demo.client import NodeAnswerError
from nodes.devnet.demo.folder import DemoFolder
from nodes.devnet.demo.record import DemoRecord, SampleRecord
from nodes.devnet.demo.report import Report
from nodes.devnet.demo.tampering.file_damage import FileDamage, find_file
from nodes.devnet.demo.tampering.journal import Journal
from nodes.devnet.demo.tampering.rewrite import Rewrite
from nodes.devnet.demo.tampering.row_edit import RowEdit
from nodes.keys import read_keys_file

UNTIL: Final = date(2099, 12, 31)

EXPIRED: Final = "firm-food-permit-tianjin-expired"
FLIPPED: Final = "firm-catering-permit-hebei"
SWAPPED: Final = ("firm-business-licence", "firm-food-permit-beijing")
REWRITTEN: Final = "firm-tobacco-licence-tianjin"

WITNESS: Final = "untouched-"
"""Begins the names of samples that nobody tampers with, one in each region."""


@dataclass(slots=True, kw_only=True)
class TamperScene:
    """What happens when; the damage is noted in `journal` before it is done."""

    folder: DemoFolder
    record: DemoRecord
    clerk: Clerk
    report: Report
    journal: Journal

    def play(self) -> None:
        """Do all four. Raise LedgerError when something false was served, or a true thing not."""
        self._edit_row()
        self._flip_byte()
        self._swap_files()
        self._rewrite_entry()

    def repair(self) -> None:
        """Undo all and ask once more: what was damaged is as before."""
        self.journal.undo_all()
        damaged = [self.record.samples[name] for name in (EXPIRED, FLIPPED, *SWAPPED, REWRITTEN)]
        self.report.say("repaired", damaged=[f"{one.region} {one.name_zh}" for one in damaged])
        for one in damaged:
            if self.clerk.download(one.region, one.id).content != Path(one.file).read_bytes():
                raise LedgerError(f"the file of license {one.id} is not what was registered")
            self._answers("answers_again", one)

    def _edit_row(self) -> None:
        target = self.record.samples[EXPIRED]
        self.report.say("tamper.row", license=target.name_zh, until=UNTIL)
        self.journal.do(
            RowEdit.plan(
                database=self.folder.node(Region(target.region)).database,
                license_id=target.id,
                new=UNTIL.isoformat(),
            )
        )
        self._refused(self._search_for(target), "content_mismatch")
        self._untouched(target.region)

    def _flip_byte(self) -> None:
        target = self.record.samples[FLIPPED]
        self.report.say("tamper.flip", license=target.name_zh)
        self.journal.do(FileDamage.flip(self._file(target), keep_in=self._copies))
        self._refused(self._download(target), "content_mismatch")
        self._untouched(target.region)

    def _swap_files(self) -> None:
        one, other = (self.record.samples[name] for name in SWAPPED)
        self.report.say("tamper.swap", license=one.name_zh, other=other.name_zh)
        self.journal.do(FileDamage.swap(self._file(one), self._file(other), keep_in=self._copies))
        for target in (one, other):
            self._refused(self._download(target), "content_mismatch")
        self._untouched(one.region)

    def _rewrite_entry(self) -> None:
        target = self.record.samples[REWRITTEN]
        region = Region(target.region)
        node = self.folder.node(region)
        keys = read_keys_file(self.folder.keys(region), region)
        self.report.say("tamper.rewrite", license=target.name_zh)
        self.journal.do(
            Rewrite.plan(
                database=node.database,
                region=region,
                license_id=target.id,
                valid_until=UNTIL,
                key=keys.signing_key,
                key_id=keys.signing_id,
            )
        )
        self._refused(self._search_for(target), "root_not_on_chain")
        self._untouched(target.region)

    @property
    def _copies(self) -> Path:
        return self.folder.root / "copies"

    def _file(self, sample: SampleRecord) -> Path:
        return find_file(self.folder.node(Region(sample.region)).files, sample.id)

    def _search_for(self, sample: SampleRecord) -> Refusal | None:
        found = self.clerk.search(sample.holder_code, (sample.region,))
        verdicts = [one.verdict for one in found.licenses if one.id == sample.id]
        if len(verdicts) != 1:
            raise LedgerError(f"{sample.region} says nothing of license {sample.id}")
        return refusal_in(verdicts[0])

    def _download(self, sample: SampleRecord) -> Refusal | None:
        try:
            self.clerk.download(sample.region, sample.id)
        except NodeAnswerError as error:
            return refusal_of(error)
        return None

    def _refused(self, refusal: Refusal | None, reason: str) -> None:
        if refusal is None or refusal.reason != reason:
            raise LedgerError(f"tampering was not refused with {reason}, but: {refusal}")
        self.report.say(
            "refused",
            number=refusal.number,
            check=CHECK_NAMES[refusal.number - 1],
            reason=refusal.reason,
        )

    def _untouched(self, region: str) -> None:
        self._answers("untouched", self.record.samples[WITNESS + region])

    def _answers(self, key: str, sample: SampleRecord) -> None:
        """The license answers as it did before anybody tampered."""
        wanted = "expired" if sample == self.record.samples[EXPIRED] else "ok"
        reason = self.clerk.read(sample.region, sample.id)["reason"]
        if reason != wanted:
            raise LedgerError(
                f"license {sample.id} of {sample.region} answers {reason}, not {wanted}"
            )
        self.report.say(key, license=sample.name_zh, region=sample.region, verdict=reason)
