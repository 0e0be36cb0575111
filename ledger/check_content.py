"""Check 2, content: the file and every disclosed value are the committed ones, and the license is
the one that was asked for (DESIGN §6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.bundle import Bundle
from ledger.license import CHECK_CODE, FILE, HOLDERS, IDENTIFIER, FileFacts
from ledger.trust import Question
from ledger.verdict import Check, failed, passed

_DISCLOSED: Final = "every disclosed value is one that the entry commits to"


def check_content(bundle: Bundle, question: Question | None, file: FileFacts | None) -> Check:
    committed = set(bundle.entry.sd)
    for disclosure in bundle.disclosures:
        if disclosure.digest not in committed:
            return failed(
                2,
                "content_mismatch",
                "a disclosed value is not one that the entry commits to",
                name=disclosure.name,
                digest=disclosure.digest,
            )
    disclosed = bundle.disclosed()
    if file is not None:
        differing = _file_difference(disclosed, file)
        if differing is not None:
            return differing
    if question is not None:
        wrong = _wrong_answer(bundle, disclosed, question)
        if wrong is not None:
            return failed(2, "wrong_license", f"this is another license: its {wrong} differs")
    return passed(
        2,
        "the file and every disclosed value are those that the entry commits to"
        if file is not None
        else _DISCLOSED,
        disclosed=sorted(disclosed),
        withheld=len(committed) - len(bundle.disclosures),
    )


def _file_difference(disclosed: Mapping[str, object], file: FileFacts) -> Check | None:
    said = disclosed.get(FILE)
    if not isinstance(said, dict):
        return failed(2, "content_mismatch", "the license says nothing of a file")
    actual = file.to_json()
    for name in ("sha256", "sm3", "size"):
        if said.get(name) != actual[name]:
            return failed(
                2,
                "content_mismatch",
                f"the file is not the registered one: its {name} differs",
                registered=said.get(name),
                presented=actual[name],
            )
    return None


def _wrong_answer(
    bundle: Bundle, disclosed: Mapping[str, object], question: Question
) -> str | None:
    entry = bundle.entry
    asked: tuple[tuple[str, object, object], ...] = (
        ("region", question.region, entry.region),
        ("id", question.id, entry.id),
        ("type", question.type_code, entry.type_code),
        (IDENTIFIER, question.identifier, disclosed.get(IDENTIFIER)),
        (CHECK_CODE, question.check_code, disclosed.get(CHECK_CODE)),
    )
    for name, wanted, got in asked:
        if wanted is not None and wanted != got:
            return name
    if question.holder_code is not None:
        holders = disclosed.get(HOLDERS)
        codes = (
            [one.get("code") for one in holders if isinstance(one, dict)]
            if isinstance(holders, list)
            else []
        )
        if question.holder_code not in codes:
            return "holder"
    return None
