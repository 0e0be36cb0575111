"""The labels under which things are found by keyed digest: one place, so that writer and reader
of a digest never disagree (`Cipher.lookup_digest`)."""

from __future__ import annotations

from ledger.ports.cipher import Cipher


def of_identifier(cipher: Cipher, identifier: str) -> bytes:
    """By which a license is found from its identifier; one license has it."""
    return cipher.lookup_digest("identifier", identifier)


def of_check_code(cipher: Cipher, check_code: str) -> bytes:
    """By which a license is found from the code in its QR; one license has it."""
    return cipher.lookup_digest("check_code", check_code)


def of_holder(cipher: Cipher, code: str) -> bytes:
    """By which a holder's licenses are found."""
    return cipher.lookup_digest("holder", code)


def of_number(cipher: Cipher, type_code: str, number: str) -> bytes:
    """By which licenses of a type are found from the number printed on them."""
    # A type code of the catalogue has a fixed length and no slash: no two pairs meet in one text.
    return cipher.lookup_digest("number", f"{type_code}/{number}")


def of_content(cipher: Cipher, content: bytes) -> bytes:
    """By which a repeated registration is told from another one of the same identifier."""
    return cipher.lookup_digest("content", content.decode())


def of_request(cipher: Cipher, digest: bytes) -> bytes:
    """By which a repeated request is told from another one with the same Idempotency-Key."""
    return cipher.lookup_digest("request", digest.hex())


def of_handler(cipher: Cipher, office: str, number: str) -> bytes:
    """What stands for a clerk's number: the same for one clerk of one office, readable by none."""
    # An office's credit code has a fixed length and no slash: no two pairs meet in one text.
    return cipher.lookup_digest("handler", f"{office}/{number}")
