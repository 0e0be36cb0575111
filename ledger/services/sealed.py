"""What is kept sealed of a license, and the context that binds each piece to its place."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.errors import ContentError, IntegrityError, MalformedError
from ledger.license import CHECK_CODE, parse_disclosure
from ledger.ports.cipher import Cipher
from ledger.ports.licenses import LicenseRecord

_SEPARATOR = "~"


def seal_disclosures(cipher: Cipher, license_id: str, disclosures: Sequence[str]) -> bytes:
    """The disclosures' texts, sealed for this license."""
    return cipher.seal(
        _SEPARATOR.join(disclosures).encode("ascii"), context=_context("disclosures", license_id)
    )


def open_disclosures(cipher: Cipher, record: LicenseRecord) -> tuple[str, ...]:
    """Undo `seal_disclosures`; raise IntegrityError when the stored bytes were changed."""
    plain = cipher.open(record.sealed, context=_context("disclosures", record.id))
    return tuple(plain.decode("ascii").split(_SEPARATOR))


def open_check_code(cipher: Cipher, record: LicenseRecord) -> str:
    """The license's check code, from its disclosures."""
    try:
        for text in open_disclosures(cipher, record):
            disclosure = parse_disclosure(text)
            if disclosure.name == CHECK_CODE and isinstance(disclosure.value, str):
                return disclosure.value
    except MalformedError as error:
        raise IntegrityError(
            f"license {record.id}: {error}", reason="content_mismatch", check=2
        ) from error
    raise ContentError(f"license {record.id} has no check code")


def seal_file(cipher: Cipher, license_id: str, content: bytes) -> bytes:
    """A license's file, sealed for this license: swapped files do not open."""
    return cipher.seal(content, context=_context("file", license_id))


def open_file(cipher: Cipher, license_id: str, sealed: bytes) -> bytes:
    """Undo `seal_file`; raise IntegrityError when the file was changed or is another's."""
    return cipher.open(sealed, context=_context("file", license_id))


def seal_reason(cipher: Cipher, change_id: str, reason: str) -> bytes:
    """Why a status changes, in words; only the reason's code goes on the chain."""
    return cipher.seal(reason.encode(), context=_context("reason", change_id))


def open_reason(cipher: Cipher, change_id: str, sealed: bytes) -> str:
    """Undo `seal_reason`."""
    return cipher.open(sealed, context=_context("reason", change_id)).decode()


def _context(what: str, id_: str) -> bytes:
    return f"{what}:{id_}".encode()
