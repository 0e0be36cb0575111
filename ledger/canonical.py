"""Canonical JSON (RFC 8785, "JCS") and the strict reading of JSON from outside.

`encode` gives the one byte string that is hashed or signed for a value. `parse` accepts only what
leaves no doubt about the value, so that two readers of the same bytes never see two things.

Numbers are integers within ±(2⁵³−1), which every language holds exactly, or finite doubles.
`parse` refuses an integer literal beyond; `encode` refuses such an `int` but still writes a double
of that size as ECMAScript does. Nothing that is hashed in this project contains a double.

Order of `encode`: refuse what is too deep, then C encoder or `rfc8785`, then UTF-8 (which is what
finds a lone surrogate).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from itertools import accumulate
from typing import Any, Final, NoReturn

import rfc8785

from ledger.errors import MalformedError

MAX_DEPTH: Final = 64
"""Arrays and objects within each other that `encode` and `parse` accept."""

MAX_PARSED_BYTES: Final = 1 << 20
"""Size of a document that `parse` accepts unless its caller names another limit."""

MAX_SAFE_INTEGER: Final = 2**53 - 1
"""Largest integer whose neighbours a double tells apart (RFC 7493 §2.2)."""

_LOWEST: Final = -MAX_SAFE_INTEGER
_LONGEST_INTEGER: Final = len(str(_LOWEST))

_FIRST_ORDER_CHANGE: Final = "\ud800"
"""Below it UTF-16 code units and code points sort alike; from it on they do not."""

_encode_any: Callable[[Any], bytes] = rfc8785.dumps  # checks types itself
encode_text: Callable[[str], str] = json.encoder.encode_basestring
"""The RFC 8785 form of one text, quotes included, not yet in UTF-8.

For callers who put many small documents together themselves. A lone surrogate stays in it and fails
at UTF-8: encode the result with `encode_utf8`.
"""

_NOT_STRUCTURE = bytes(set(range(256)) - set(b'[]{}"'))
_STEPS: Final = [(byte in b"[{") - (byte in b"]}") for byte in range(256)]
_SIMPLE = frozenset({str, bool, type(None)})
_encode_fast = json.JSONEncoder(
    ensure_ascii=False,
    check_circular=False,  # the depth check has already refused a cycle
    allow_nan=False,
    sort_keys=True,
    separators=(",", ":"),
).encode


def encode(value: object) -> bytes:
    """The RFC 8785 bytes of `value`.

    Takes None, bool, int, float, str, list, tuple, and dict with str keys (and their subclasses).
    Raises `MalformedError` for anything else, for integers beyond `MAX_SAFE_INTEGER`, NaN,
    infinities, lone surrogates and more than `MAX_DEPTH` levels.
    """
    try:
        if _is_plain(value, MAX_DEPTH):
            return _encode_fast(value).encode()
        _check_depth(value, MAX_DEPTH)
        return _encode_any(value)
    except rfc8785.IntegerDomainError as error:  # its message would repeat the number
        raise MalformedError("not canonical JSON: an integer beyond ±(2^53 - 1)") from error
    except (ValueError, TypeError) as error:  # UnicodeEncodeError is a ValueError
        raise MalformedError(f"not canonical JSON: {error}") from error


def encode_utf8(document: str) -> bytes:
    """UTF-8 of a document put together from `encode_text`; `MalformedError` on a surrogate."""
    try:
        return document.encode()
    except UnicodeEncodeError as error:
        raise MalformedError("not canonical JSON: a lone surrogate") from error


def parse(data: bytes, *, max_bytes: int = MAX_PARSED_BYTES, max_depth: int = MAX_DEPTH) -> object:
    """The value of one JSON text (RFC 8259) that obeys I-JSON (RFC 7493).

    Raises `MalformedError` for more than `max_bytes` bytes or `max_depth` levels, anything but
    UTF-8 (a byte order mark included), a name twice in one object, lone surrogates, NaN,
    infinities, doubles out of range and integers beyond `MAX_SAFE_INTEGER`.
    """
    if len(data) > max_bytes:
        raise MalformedError(f"{len(data)} bytes of JSON where at most {max_bytes} are accepted")
    if data.count(b"[") + data.count(b"{") > max_depth:
        _refuse_deep(data, max_depth)
    try:
        value: object = _DECODER.decode(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise MalformedError(f"not UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise MalformedError(f"not JSON at character {error.pos}: {error.msg}") from error
    # Raw UTF-8 has no surrogates: only an escape can bring a lone one.
    if b"\\ud" in data or b"\\uD" in data:
        _refuse_lone_surrogate(value)
    return value


def _refuse_deep(data: bytes, max_depth: int) -> None:
    """Refuse more than `max_depth` levels before the decoder follows them down.

    It recurses in C, and only Python's recursion limit would stop it before the stack ends. That
    limit is anyone's to raise: `py_ecc`, which `web3` imports, sets it to 100,000, and then a
    request of as many brackets would end the process.

    Counts the brackets outside of texts. Of broken JSON it may take texts for others than the
    decoder does, but only behind the place where that one stops.
    """
    bare = data.replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, _NOT_STRUCTURE)
    brackets = b"".join(bare.split(b'"')[::2])
    for depth in accumulate(map(_STEPS.__getitem__, brackets)):
        if depth > max_depth:
            raise MalformedError(f"JSON nested deeper than {max_depth} levels")


def _refuse_lone_surrogate(value: object) -> None:
    try:
        _encode_fast(value).encode()
    except UnicodeEncodeError as error:
        raise MalformedError("a JSON text holds a lone surrogate") from error


def _is_plain(value: Any, levels: int) -> bool:
    """Whether the C encoder writes exactly RFC 8785 for `value` (texts may hold surrogates).

    It does for exact str, bool, None, safe int, list, tuple, and dict whose keys sort alike in
    UTF-16 and in code points. Raises TypeError for a key that is no text.
    """
    kind = type(value)
    if kind is dict:
        keys = "".join(value)
        if not keys.isascii() and max(keys) >= _FIRST_ORDER_CHANGE:
            return False
        value = value.values()
    elif kind is not list and kind is not tuple:
        return kind in _SIMPLE or (kind is int and _LOWEST <= value <= MAX_SAFE_INTEGER)
    if not levels:
        raise MalformedError(f"JSON nested deeper than {MAX_DEPTH} levels")
    # A set of the types answers for most containers without a step of Python per item.
    if _SIMPLE.issuperset(map(type, value)):
        return True
    return all(type(item) is str or _is_plain(item, levels - 1) for item in value)


def _check_depth(value: Any, levels: int) -> None:
    """Refuse `value` if it has more than `levels` levels. Depth first: it ends in a cycle too."""
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list | tuple):
        return
    if not levels:
        raise MalformedError("JSON nested deeper than it may be")
    for item in value:
        _check_depth(item, levels - 1)


def _object_without_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object; a name that comes twice would let two readers see two values."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedError("a name comes twice in one JSON object")
    return members


def _finite_double(literal: str) -> float:
    number = float(literal)
    if math.isinf(number):
        raise MalformedError("a JSON number is out of a double's range")
    return number


def _safe_integer(literal: str) -> int:
    # Length first: Python refuses to read thousands of digits, with an error of its own.
    if len(literal) > _LONGEST_INTEGER or not _LOWEST <= (number := int(literal)) <= -_LOWEST:
        raise MalformedError("a JSON integer is beyond ±(2^53 - 1)")
    return number


def _no_constant(name: str) -> NoReturn:
    raise MalformedError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object_without_twins,
    parse_float=_finite_double,
    parse_int=_safe_integer,
    parse_constant=_no_constant,
)
