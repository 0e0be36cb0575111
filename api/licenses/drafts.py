"""From what an office sent to a draft that the service judges; the file is judged here."""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, NoReturn

from pydantic import TypeAdapter, ValidationError

from api.bodies import check, faults_of, parse_json
from api.forms import Part
from api.licenses.schemas_in import FileIn, HolderIn, RegistrationIn
from api.media import EXTENSIONS, found_media_type
from api.problems import BodyTooLargeError, MalformedBodyError
from ledger.draft import DraftFile, LicenseDraft
from ledger.encoding import hex_decode
from ledger.errors import Fault, InvalidInputError, MalformedError
from ledger.license import FileFacts, Holder
from ledger.services.lookup import digest_file

FILE_TOO_LARGE: Final = "file_too_large"
_ONE = TypeAdapter(RegistrationIn)
_MANY = TypeAdapter(list[RegistrationIn])
_TO_STANDARD = str.maketrans("-_", "+/")


def draft_from_json(value: object, *, max_file_bytes: int) -> LicenseDraft:
    """The draft in a JSON body. Raise InvalidInputError naming every fault."""
    return _one_row(check(_ONE, value), max_file_bytes)


def draft_from_form(parts: Mapping[str, Part], *, max_file_bytes: int) -> LicenseDraft:
    """The draft in a form: `metadata` (JSON) and, if it has one, `file`."""
    unknown = sorted(parts.keys() - {"metadata", "file"})
    if unknown or "metadata" not in parts:
        raise MalformedBodyError("the form's parts must be `metadata` (JSON) and `file`")
    metadata = parts["metadata"]
    if metadata.media_type not in (None, "application/json", "text/plain"):
        raise MalformedBodyError("the form's part `metadata` must be application/json")
    value = parse_json(metadata.content, max_bytes=max_file_bytes)
    draft = draft_from_json(value, max_file_bytes=max_file_bytes)
    part = parts.get("file")
    if part is None:
        return draft
    if draft.file is not None:
        _refuse("file", "stands both in the metadata and in the form", "send it once", "file_twice")
    return replace(draft, file=_whole_file(part.content, part.media_type, max_file_bytes))


def drafts_from_rows(
    rows: Sequence[object], *, max_file_bytes: int
) -> list[LicenseDraft | tuple[Fault, ...]]:
    """One draft for each row, or all that is wrong with it; a faulty row spoils no other."""
    try:
        bodies: Sequence[RegistrationIn | None] = _MANY.validate_python(rows)
    except ValidationError:
        bodies = [None] * len(rows)  # some row is faulty: look at each by itself
    return [
        _row(number, row, body, max_file_bytes)
        for number, (row, body) in enumerate(zip(rows, bodies, strict=True))
    ]


def _row(
    number: int, row: object, body: RegistrationIn | None, max_file_bytes: int
) -> LicenseDraft | tuple[Fault, ...]:
    try:
        return _one_row(_ONE.validate_python(row) if body is None else body, max_file_bytes)
    except ValidationError as error:
        return faults_of(error.errors(include_url=False), row=number)
    except InvalidInputError as error:
        return tuple(replace(fault, row=number) for fault in error.faults)


def _one_row(body: RegistrationIn, max_file_bytes: int) -> LicenseDraft:
    return LicenseDraft(
        identifier=body.identifier,
        type_code=body.type,
        holders=tuple(map(_holder, body.holders)),
        valid_from=body.valid_from,
        valid_until=body.valid_until,
        fields=body.fields,
        check_code=body.check_code,
        file=None if body.file is None else _file(body.file, max_file_bytes),
        supersedes_id=body.supersedes,
        holder_code_unchecked=body.holder_code_unchecked,
    )


def _holder(body: HolderIn) -> Holder:
    return Holder(name=body.name, code=body.code, code_type=body.code_type)


def _file(body: FileIn, max_file_bytes: int) -> DraftFile:
    digests = (body.sha256, body.sm3, body.size)
    if body.content is not None:
        if any(one is not None for one in digests):
            _refuse(
                "file",
                "has both content and digests",
                "send the content, or the digests of a file that the office keeps",
                "file_twice",
            )
        return _whole_file(_decode(body.content, max_file_bytes), body.media_type, max_file_bytes)
    if body.sha256 is None or body.sm3 is None or body.size is None:
        _refuse(
            "file",
            "has neither content nor all of sha256, sm3 and size",
            "send the content, or all three of a file that the office keeps",
            "file_incomplete",
        )
    if body.media_type not in EXTENSIONS:
        _refuse_media_type(f"{body.media_type[:60]!r} is not a media type that is taken")
    return DraftFile(
        facts=FileFacts(
            sha256=_digest("file.sha256", body.sha256),
            sm3=_digest("file.sm3", body.sm3),
            size=body.size,
            media_type=body.media_type,
        ),
        content=None,
    )


def _whole_file(content: bytes, declared: str | None, max_file_bytes: int) -> DraftFile:
    """A file by its bytes; what they show must be what the office declared, if it did."""
    if len(content) > max_file_bytes:
        _refuse_size(max_file_bytes)
    found = found_media_type(content)
    if found is None:
        _refuse_media_type("the file is neither PDF nor OFD, PNG or JPEG by its own bytes")
    if declared is not None and declared != found:
        _refuse_media_type(f"the file is declared {declared[:60]!r} and is {found} by its bytes")
    return DraftFile(facts=digest_file(content, found), content=content)


def _decode(text: str, max_file_bytes: int) -> bytes:
    if len(text) > max_file_bytes // 3 * 4 + 8:
        _refuse_size(max_file_bytes)
    standard = text.translate(_TO_STANDARD).rstrip("=")
    try:
        return a2b_base64(standard + "=" * (-len(standard) % 4), strict_mode=True)
    except (Base64Error, ValueError):  # ValueError: a character beyond ASCII
        _refuse("file.content", "is not base64", "encode the file's bytes", "malformed_base64")


def _digest(path: str, text: str) -> bytes:
    try:
        return hex_decode(text, 32)
    except MalformedError as error:
        _refuse(path, str(error), "write the digest as 64 lower-case hex digits", "malformed_hex")


def _refuse(path: str, problem: str, next_step: str, code: str) -> NoReturn:
    raise InvalidInputError((Fault(field=path, problem=problem, next_step=next_step, code=code),))


def _refuse_media_type(problem: str) -> NoReturn:
    _refuse(
        "file.media_type",
        problem,
        f"send one of {', '.join(sorted(EXTENSIONS))} and declare it as such",
        "wrong_file_type",
    )


def _refuse_size(max_file_bytes: int) -> NoReturn:
    _refuse(
        "file",
        f"is larger than {max_file_bytes} bytes",
        "make the file smaller, or keep it and register its digests",
        FILE_TOO_LARGE,
    )


def raise_too_large(error: InvalidInputError) -> None:
    """Raise BodyTooLargeError (413) when the one fault of a single registration is its size."""
    if any(fault.code == FILE_TOO_LARGE for fault in error.faults):
        raise BodyTooLargeError("the file is larger than this API takes", error.faults) from error
