"""One invented license, before and after its file exists."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from ledger.catalogue import LicenseType
from ledger.draft import DraftFile, LicenseDraft
from ledger.hashing import file_digests
from ledger.license import FileFacts, Holder
from nodes.devnet.samples.places import SampleOffice

PDF: Final = "application/pdf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One license that an office is about to register."""

    name: str
    """What the demo calls it; unique in a collection."""
    office: SampleOffice
    type_: LicenseType
    identifier: str
    holder: Holder
    fields: Mapping[str, str] = field(hash=False)
    valid_from: date
    valid_until: date | None
    check_code: str
    """Minted before the file is rendered, so that the file's QR can show it."""

    def draft(self, content: bytes) -> LicenseDraft:
        """The license with its file, as the domain checks it."""
        digests = file_digests([content])
        facts = FileFacts(sha256=digests.sha256, sm3=digests.sm3, size=digests.size, media_type=PDF)
        return LicenseDraft(
            identifier=self.identifier,
            type_code=self.type_.code,
            holders=(self.holder,),
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            fields=dict(self.fields),
            check_code=self.check_code,
            file=DraftFile(facts=facts, content=content),
        )

    def to_json(self, content: bytes) -> dict[str, object]:
        """The license with its file, as one row of `POST /v1/licenses/batch`."""
        until = None if self.valid_until is None else self.valid_until.isoformat()
        return {
            "identifier": self.identifier,
            "type": self.type_.code,
            "holders": [self.holder.to_json()],
            "valid_from": self.valid_from.isoformat(),
            "valid_until": until,
            "fields": dict(self.fields),
            "check_code": self.check_code,
            "file": {"content": base64.b64encode(content).decode(), "media_type": PDF},
        }
