"""What an office sends about licenses."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import AfterValidator, ConfigDict, Field, JsonValue

from api.bodies import Body
from api.media import EXTENSIONS
from api.values import Day, Plain
from ledger.identifier import is_citizen_id, is_credit_code
from ledger.services.status import StatusAction, StatusReason

_TYPE_EXAMPLE: Final = "11100000000013338W032"
REGISTRATION_EXAMPLE: Final[dict[str, Any]] = {
    "identifier": f"1.2.156.3005.2.{_TYPE_EXAMPLE}.11220000013544541J.2430599.001.F",
    "type": _TYPE_EXAMPLE,
    "holders": [{"name": "示例食品有限公司", "code": "91110000MA01ABCD1M", "code_type": "001"}],
    "fields": {"certificate_number": "JY11100000000001", "issue_date": "2026-11-24"},
    "valid_from": "2026-11-24",
    "valid_until": "2031-11-23",
}


CODE_LENGTH: Final = 18
"""Characters of a citizen number (GB 11643) and of a credit code (GB 32100)."""
CODE_WARNING: Final = "the code fails its check character: look for a typing mistake"


class HolderIn(Body):
    """One holder (持证主体)."""

    name: str
    code: str
    code_type: Annotated[str, Field(description="001 credit code, 111 citizen number, 999 other.")]


class FileIn(Body):
    """A license's file: its `content`, or its digests when the office keeps the file itself."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": ["content"]},
                {"required": ["sha256", "sm3", "size"]},
            ]
        }
    )

    media_type: Annotated[str, Field(json_schema_extra={"enum": sorted(EXTENSIONS)})]
    content: Annotated[str | None, Field(description="base64 or base64url.")] = None
    sha256: Annotated[str | None, Field(description="64 lower-case hex digits.")] = None
    sm3: Annotated[str | None, Field(description="64 lower-case hex digits.")] = None
    size: Annotated[int | None, Field(ge=1, le=2**40, description="Bytes.")] = None


class RegistrationIn(Body):
    """One license to register."""

    model_config = ConfigDict(json_schema_extra={"examples": [REGISTRATION_EXAMPLE]})

    identifier: Annotated[str, Field(max_length=200, description="证照标识, GB/T 36904.")]
    type: Annotated[Plain, Field(max_length=40, description="A code of GET /v1/types.")]
    holders: Annotated[list[HolderIn], Field(max_length=50)]
    valid_from: Day
    valid_until: Annotated[Day | None, Field(description="Last day; null: no end.")] = None
    fields: Annotated[
        dict[str, JsonValue],
        Field(description="GB/T 36903 names and values.", default_factory=dict),
    ]
    check_code: Annotated[
        str | None,
        Field(
            max_length=40,
            description="16 random bytes as base64url, minted before the file was rendered with "
            "its QR; null: the node mints one.",
        ),
    ] = None
    file: FileIn | None = None
    supersedes: Annotated[
        Plain | None, Field(max_length=40, description="Id of the license that this one replaces.")
    ] = None
    holder_code_unchecked: Annotated[
        bool, Field(description="The holder's code was issued failing its check; recorded.")
    ] = False


class BatchIn(Body):
    """Up to 1,000 licenses; each row stands for itself."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"licenses": [REGISTRATION_EXAMPLE]}]}
    )

    licenses: list[RegistrationIn]


def _as_a_code(text: str) -> str:
    """As registration takes codes: anything else finds nothing, which would read as "has none"."""
    if not text.isprintable() or text != text.strip():
        raise ValueError("a holder's code is printable characters without outer spaces")
    return text


def is_code_doubtful(code: str) -> bool:
    """Whether a code as long as those with a check character fails both kinds of check."""
    return len(code) == CODE_LENGTH and not is_citizen_id(code) and not is_credit_code(code)


class HolderQueryIn(Body):
    """The holder whose licenses are asked for; a number stands in a body, never in a URL."""

    code: Annotated[
        str,
        Field(
            min_length=1,
            max_length=200,
            description="As the license has it: printable, without outer spaces.",
        ),
        AfterValidator(_as_a_code),
    ]

    def warnings(self) -> list[str]:
        """What may be wrong with the code; it is searched all the same, as some were issued so."""
        return [CODE_WARNING] if is_code_doubtful(self.code) else []


class SearchIn(Body):
    """A holder's licenses, of all types or of some."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"holder": {"code": "91110000MA01ABCD1M"}, "types": []}]}
    )

    holder: HolderQueryIn
    types: Annotated[
        list[Annotated[Plain, Field(max_length=40)]],
        Field(max_length=200, description="Type codes; empty: all.", default_factory=list),
    ]


class StatusIn(Body):
    """A change of a license's status."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"action": "suspend", "reason": "inspection", "note": "现场检查发现问题，责令整改"}
            ]
        }
    )

    action: Annotated[StatusAction, Field(strict=False)]
    reason: Annotated[
        StatusReason, Field(strict=False, description="Its number goes on the chain.")
    ]
    note: Annotated[
        str, Field(min_length=1, max_length=1000, description="Why, in words; stays in the office.")
    ]
