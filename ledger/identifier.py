"""License identifiers (GB/T 36904), citizen numbers (GB 11643) and credit codes (GB 32100).

    1.2.156.3005.2 . <type> . <issuer> . <serial> . <version> . <check>
                       21       18         7-32       3           1

The type is the credit code of the authority that defined it and 3 digits; the issuer is a credit
code; both must hold by their own check characters (STANDARDS §6). The version counts from 001. The
check is ISO/IEC 7064 MOD 37,36 over type, issuer, serial and version without the dots. Structure
is judged before checks, and the parts from left to right.

Only the canonical form is taken: no trimming, no folding of case or width. Whoever takes input
from people normalises before, and shows what was changed. `python-stdnum`, the oracle of the
tests, does both silently, knows no 36904, asks eight digits of a credit code and looks a citizen
number's first six digits up in a table that the standard does not fix: so these are our own lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from operator import mul
from typing import Final

from ledger.errors import MalformedError

ROOT: Final = "1.2.156.3005.2"
"""Object identifier under which all license identifiers stand (root, electronic license code)."""

MAX_VERSION: Final = 999

_TYPE = re.compile(r"[0-9A-HJ-NP-RTUW-Y]{18}[0-9]{3}")
_CREDIT_CODE = re.compile(r"[0-9A-HJ-NP-RTUW-Y]{18}")
_CREDIT_CODE_BODY = re.compile(r"[0-9A-HJ-NP-RTUW-Y]{17}")
_SERIAL = re.compile(r"[0-9A-Z]{7,32}")
_VERSION = re.compile(r"[0-9]{3}")
_CITIZEN_ID = re.compile(r"[0-9]{17}[0-9X]")
_CITIZEN_ID_BODY = re.compile(r"[0-9]{17}")
_CHECKED = re.compile(r"[0-9A-Z]+")

_ALPHABET_36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_VALUES_36 = bytes.maketrans(_ALPHABET_36.encode(), bytes(range(36)))
_STEPS_36 = tuple(2 * (total % 36 or 36) % 37 for total in range(36 + 36))
"""One step of MOD 37,36: the next product for the sum of the last product and a value."""

_ALPHABET_31 = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUES_31 = bytes.maketrans(_ALPHABET_31.encode(), bytes(range(31)))
_WEIGHTS_31 = tuple(pow(3, place, 31) for place in range(17))

_CHECKS_11 = "10X98765432"
_VALUES_11 = bytes.maketrans(b"0123456789", bytes(range(10)))
_WEIGHTS_11 = tuple(pow(2, 17 - place, 11) for place in range(17))


@dataclass(frozen=True, slots=True)
class Identifier:
    """A license identifier whose parts and check character hold. `str()` gives the full text."""

    type_code: str
    """21 characters: the defining authority's credit code and 3 digits."""
    issuer: str
    """Credit code of the issuing office."""
    serial: str
    version: int
    """1 to 999; a replaced license counts on."""
    check: str

    def __str__(self) -> str:
        return f"{ROOT}.{self.type_code}.{self.issuer}.{self.serial}.{self.version:03}.{self.check}"


def parse(text: object) -> Identifier:
    """The identifier in `text`. Raises `MalformedError` that names the part and what is wrong."""
    if not isinstance(text, str) or not text.startswith(f"{ROOT}."):
        raise MalformedError(f"identifier: must begin with {ROOT}.")
    parts = text[len(ROOT) + 1 :].split(".")
    if len(parts) != 5:
        raise MalformedError(
            f"identifier: has {len(parts)} parts after {ROOT}., not the 5 parts "
            "type, issuer, serial, version and check"
        )
    type_code, issuer, serial, version, check = parts
    if not _VERSION.fullmatch(version):
        version = "0"  # refused below, after the parts to its left
    identifier = make(type_code, issuer, serial, int(version))
    if check != identifier.check:
        shown = check if _CHECKED.fullmatch(check) and len(check) == 1 else "no such character"
        raise MalformedError(
            f"identifier: the check character must be {identifier.check}, is {shown}; "
            "look for a mistyped or missing character"
        )
    return identifier


def make(type_code: str, issuer: str, serial: str, version: int) -> Identifier:
    """The identifier with these parts and the check character that belongs to them."""
    if not _TYPE.fullmatch(type_code):
        raise MalformedError("identifier: the type must be a credit code and 3 digits")
    if not _CREDIT_CODE.fullmatch(issuer):
        raise MalformedError("identifier: the issuer must be a credit code of 18 characters")
    if not _SERIAL.fullmatch(serial):
        raise MalformedError("identifier: the serial must have 7 to 32 characters 0-9 A-Z")
    if not 1 <= version <= MAX_VERSION:
        raise MalformedError("identifier: the version must be 3 digits, 001 to 999")
    if not _is_office_code(type_code[:18]):
        raise MalformedError("identifier: the type's credit code fails its own check character")
    if not _is_office_code(issuer):
        raise MalformedError("identifier: the issuer's credit code fails its own check character")
    check = check_character(f"{type_code}{issuer}{serial}{version:03}")
    return Identifier(type_code, issuer, serial, version, check)


def check_character(text: str) -> str:
    """The ISO/IEC 7064 MOD 37,36 check character of a text of 0-9 A-Z."""
    if not _CHECKED.fullmatch(text):
        raise MalformedError("a check character needs a text of 0-9 A-Z")
    product = 36
    for value in text.encode("ascii").translate(_VALUES_36):
        product = _STEPS_36[product + value]
    return _ALPHABET_36[(37 - product) % 36]


def is_citizen_id(text: str) -> bool:
    """Whether `text` is a citizen number: 18 characters, a day that exists, the right check.

    The six digits of the place are not looked up, since counties come and go.
    """
    if not _CITIZEN_ID.fullmatch(text) or text[17] != citizen_id_check(text[:17]):
        return False
    try:
        date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    return True


def citizen_id_check(body: str) -> str:
    """The ISO/IEC 7064 MOD 11-2 check character of a citizen number's first 17 digits."""
    if not _CITIZEN_ID_BODY.fullmatch(body):
        raise MalformedError("a citizen number's body must be 17 digits")
    values = body.encode("ascii").translate(_VALUES_11)
    return _CHECKS_11[sum(map(mul, values, _WEIGHTS_11)) % 11]


def is_credit_code(text: str) -> bool:
    """Whether `text` is a unified social credit code: 18 characters without I O S V Z, MOD 31.

    Early pilot areas issued codes that are false here: refuse an issuer's, ask about a holder's.
    """
    return bool(_CREDIT_CODE.fullmatch(text)) and text[17] == credit_code_check(text[:17])


@lru_cache(maxsize=1024)
def _is_office_code(text: str) -> bool:
    """`is_credit_code` for offices, whose few codes come again in every one of their licenses."""
    return is_credit_code(text)


def credit_code_check(body: str) -> str:
    """The MOD 31 check character (GB 32100) of a credit code's first 17 characters."""
    if not _CREDIT_CODE_BODY.fullmatch(body):
        raise MalformedError("a credit code's body must be 17 characters 0-9 A-Y without I O S V")
    values = body.encode("ascii").translate(_VALUES_31)
    return _ALPHABET_31[-sum(map(mul, values, _WEIGHTS_31)) % 31]
