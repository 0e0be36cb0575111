"""Signed HTTP between nodes: one profile of RFC 9421 and RFC 9530, for requests and answers.

A request's signature covers its method, target URI, content type and content digest, and states
when it was made, until when it counts, its key and a nonce. An answer's covers its status, content
type and content digest, and the signature of the request (`;req`, RFC 9421 §2.4). Since the asker
knows what it asked, that binds the answer to that one request and no other. Refusals are answers
like others.

    Content-Digest:  sha-256=:…:
    Signature-Input: ledger=("@method" "@target-uri" "content-type" "content-digest");created=…;
                     keyid="110000/0";alg="ed25519";expires=…;nonce="…";tag="license-ledger-request"
    Signature:       ledger=:…:

Nothing may be left out, added or put in another order: a message that covers less than the profile
is refused even when its signature holds. Decided here, from the message, a key and the clock's
value. Which key is whose, and whether a nonce was seen before, the caller must know.

Order: form → signature → coverage and parameters → time → content. So every refusal but those of
form and signature is about something that the key's owner really signed.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NoReturn

import http_sf
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureAlgorithm,
    HTTPSignatureKeyResolver,
    VerifyResult,
)

from ledger.encoding import b64url_encode
from ledger.errors import MalformedError, NotAuthenticatedError, SignatureError
from ledger.hashing import sha256
from ledger.keys import KeyId, SigningKey, VerifyingKey, parse_key_id

LABEL: Final = "ledger"
REQUEST_TAG: Final = "license-ledger-request"
ANSWER_TAG: Final = "license-ledger-answer"

REQUEST_COMPONENTS: Final = ('"@method"', '"@target-uri"', '"content-type"', '"content-digest"')
ANSWER_COMPONENTS: Final = (
    '"@status"',
    '"content-type"',
    '"content-digest"',
    f'"signature";req;key="{LABEL}"',
)

DEFAULT_LIFE: Final = timedelta(seconds=60)
MAX_LIFE: Final = timedelta(seconds=300)
MAX_SKEW: Final = timedelta(seconds=30)
"""How far two nodes' clocks may differ. A nonce is kept this much longer than its signature."""

NONCE_BYTES: Final = 16

_NONCE = re.compile(r"[A-Za-z0-9_-]{22}")
_PARAMETERS: Final = frozenset({"created", "expires", "keyid", "alg", "tag"})
_PARSE_ERRORS = (
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    RecursionError,
    HTTPMessageSignaturesException,
)

Fields = Sequence[tuple[str, str]]
"""Header fields line by line, as they travelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as sent or received."""

    method: str
    url: str
    """Absolute target URI; for a receiver: its own endpoint on the chain and the path asked for."""
    fields: Fields
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer as sent or received."""

    status: int
    fields: Fields
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A region's own signing key and its number on the chain."""

    key_id: KeyId
    key: SigningKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What a signature that holds says of itself."""

    key_id: KeyId
    expires: datetime
    nonce: str
    """Empty for an answer: its request makes it unique."""


def content_digest(body: bytes) -> str:
    """The value of `Content-Digest` (RFC 9530 §2): this spelling and SHA-256 only."""
    return f"sha-256=:{b64encode(sha256(body)).decode('ascii')}:"


def target_uri(endpoint: str, path: str) -> str:
    """The target that both sides sign for: the endpoint on the chain, and a path of this API."""
    return endpoint.rstrip("/") + path


def sign_request(
    *,
    method: str,
    url: str,
    content_type: str,
    body: bytes,
    signer: Signer,
    now: datetime,
    nonce: bytes,
    life: timedelta = DEFAULT_LIFE,
) -> Request:
    """The request with its fields; `nonce` is `NONCE_BYTES` of randomness."""
    fields = _content_fields(content_type, body)
    message = _RequestView(method=method, url=url, headers=_View(fields))
    parameters = _parameters(REQUEST_TAG, now, life) | {"nonce": b64url_encode(nonce)}
    signature = _sign(message, REQUEST_COMPONENTS, parameters, signer)
    return Request(method=method, url=url, fields=(*fields, *signature), body=body)


def sign_answer(
    request: Request,
    *,
    status: int,
    content_type: str,
    body: bytes,
    signer: Signer,
    now: datetime,
    life: timedelta = DEFAULT_LIFE,
) -> Answer:
    """The answer to `request` with its fields.

    Raise NotAuthenticatedError(signature_missing or signature_malformed) for a request that bears
    no signature which an answer could be bound to.
    """
    fields = _content_fields(content_type, body)
    message = _AnswerView(status_code=status, headers=_View(fields), request=_asked(request))
    read_key_id(request.fields)  # says precisely what is missing
    try:
        signature = _sign(message, ANSWER_COMPONENTS, _parameters(ANSWER_TAG, now, life), signer)
    except _PARSE_ERRORS as error:
        _refuse("signature_malformed", f"no answer can be bound to this request: {error}", error)
    return Answer(status=status, fields=(*fields, *signature), body=body)


def read_key_id(fields: Fields) -> KeyId:
    """The key that the message claims to be signed with: unverified, for looking the key up.

    Raise NotAuthenticatedError unless there is exactly one signature and it is labelled `ledger`.
    """
    found = {name.lower() for name, _ in fields}
    for name in ("signature-input", "signature"):
        if name not in found:
            _refuse("signature_missing", f"there is no field {name}; sign as docs/exchange.md says")
    try:
        inputs = _parse_dictionary(fields, "signature-input")
        signatures = _parse_dictionary(fields, "signature")
        if list(inputs) != [LABEL] or list(signatures) != [LABEL]:
            _refuse("signature_malformed", f"there must be one signature, labelled {LABEL}")
        _require_one_spelling(fields, signatures[LABEL])
        _, parameters = inputs[LABEL]
        return parse_key_id(parameters.get("keyid"))
    except (*_PARSE_ERRORS, MalformedError) as error:
        _refuse("signature_malformed", f"the signature fields cannot be read: {error}", error)


def verify_request(request: Request, *, key: VerifyingKey, key_id: KeyId, now: datetime) -> Signed:
    """What the signature says of itself; the caller then checks its nonce.

    Raise NotAuthenticatedError with the reason signature_missing, signature_malformed,
    signature_invalid (also for another method, target or key), coverage_insufficient,
    signature_not_yet_valid, signature_expired, signature_life_too_long or digest_mismatch.
    """
    result = _verify(_view(request), request.fields, key)
    _require_profile(result, REQUEST_COMPONENTS, REQUEST_TAG, key_id, _PARAMETERS | {"nonce"})
    expires = _require_time(result, now)
    _require_digest(result, request.body)
    nonce = str(result.parameters["nonce"])
    if not _NONCE.fullmatch(nonce):
        _refuse("signature_malformed", f"the nonce is not {NONCE_BYTES} bytes in base64url")
    return Signed(key_id=key_id, expires=expires, nonce=nonce)


def verify_answer(
    answer: Answer, *, request: Request, key: VerifyingKey, key_id: KeyId, now: datetime
) -> Signed:
    """What the signature says of itself: it is of this answer to this request.

    Raise NotAuthenticatedError with the reasons of `verify_request`.
    """
    message = _AnswerView(
        status_code=answer.status, headers=_View(answer.fields), request=_asked(request)
    )
    result = _verify(message, answer.fields, key)
    _require_profile(result, ANSWER_COMPONENTS, ANSWER_TAG, key_id, _PARAMETERS)
    expires = _require_time(result, now)
    _require_digest(result, answer.body)
    return Signed(key_id=key_id, expires=expires, nonce="")


class _View:
    """Header fields in the form that the signature library reads."""

    def __init__(self, fields: Fields) -> None:
        self._fields = fields

    def items(self) -> Iterable[tuple[str, str]]:
        return self._fields


@dataclass(frozen=True, slots=True, kw_only=True)
class _RequestView:
    method: str
    url: str
    headers: _View


@dataclass(frozen=True, slots=True, kw_only=True)
class _AnswerView:
    status_code: int
    headers: _View
    request: _RequestView


class _Ed25519(HTTPSignatureAlgorithm):
    """The library's algorithm over this project's keys."""

    algorithm_id = "ed25519"

    def __init__(self, public_key: VerifyingKey | None = None, private_key: None = None) -> None:
        self._public_key = public_key

    def verify(self, signature: bytes, message: bytes) -> None:
        if self._public_key is None:
            raise SignatureError("no key to verify with")
        self._public_key.verify(signature, message)


class _OneKey(HTTPSignatureKeyResolver):
    def __init__(self, key: VerifyingKey) -> None:
        self._key = key

    def resolve_public_key(self, key_id: str) -> VerifyingKey:
        return self._key


class _Verifier(HTTPMessageVerifier):
    """The library's verifier without its own reading of the clock: see `_require_time`."""

    def validate_created_and_expires(
        self, sig_input: Any, max_age: timedelta | None = None
    ) -> None:
        return


def _view(request: Request) -> _RequestView:
    return _RequestView(method=request.method, url=request.url, headers=_View(request.fields))


def _asked(request: Request) -> _RequestView:
    """What an answer covers of its request: header fields only, so its target may be relative."""
    return _RequestView(
        method=request.method, url="https://target.invalid/", headers=_View(request.fields)
    )


def _content_fields(content_type: str, body: bytes) -> Fields:
    return (("content-type", content_type), ("content-digest", content_digest(body)))


def _parameters(tag: str, now: datetime, life: timedelta) -> dict[str, Any]:
    return {"tag": tag, "created": now, "expires": now + life}


def _sign(
    message: _RequestView | _AnswerView,
    components: Sequence[str],
    parameters: Mapping[str, Any],
    signer: Signer,
) -> Fields:
    prepared = HTTPMessageSigner(signature_algorithm=_Ed25519).prepare(
        message,
        key_id=str(signer.key_id),
        label=LABEL,
        covered_component_ids=components,
        use_existing_digest=True,
        **parameters,
    )
    signature = b64encode(signer.key.sign(prepared.signature_base)).decode("ascii")
    return (
        ("signature-input", f"{LABEL}={prepared.signature_params}"),
        ("signature", f"{LABEL}=:{signature}:"),
    )


def _verify(message: _RequestView | _AnswerView, fields: Fields, key: VerifyingKey) -> VerifyResult:
    read_key_id(fields)
    verifier = _Verifier(signature_algorithm=_Ed25519, key_resolver=_OneKey(key))
    try:
        (result,) = verifier.verify(message, max_age=None)
    except _PARSE_ERRORS as error:
        _refuse(
            "signature_invalid",
            "the signature does not hold for this method, target, content and key",
            error,
        )
    return result


def _parse_dictionary(fields: Fields, name: str) -> Mapping[str, Any]:
    """A field's dictionary (RFC 9651 §3.2), its lines joined; the same label twice is an error."""

    def refuse_twin(key: str, context: str) -> None:
        raise MalformedError(f"{key} comes twice in a {context}")

    text = ", ".join(value for field, value in fields if field.lower() == name)
    parsed = http_sf.parse(text.encode("ascii"), tltype="dictionary", on_duplicate_key=refuse_twin)
    if not isinstance(parsed, dict):
        raise MalformedError(f"{name} is not a dictionary")
    return parsed


def _require_one_spelling(fields: Fields, item: Any) -> None:
    """Raise MalformedError unless the field is spelt as `_sign` spells it.

    Base64 leaves the last digit's low bits without meaning (RFC 4648 §3.5) and the parser ignores
    them, so one signature could come in 16 spellings, and with parameters that nobody signed.
    """
    value = item[0] if isinstance(item, tuple) else item
    if not isinstance(value, bytes):
        raise MalformedError("signature is not a byte sequence")
    spelt = f"{LABEL}=:{b64encode(value).decode('ascii')}:"
    if [text for name, text in fields if name.lower() == "signature"] != [spelt]:
        raise MalformedError(f"signature is not spelt {LABEL}=:…: in base64 with zero pad bits")


def _require_profile(
    result: VerifyResult,
    components: Sequence[str],
    tag: str,
    key_id: KeyId,
    parameters: frozenset[str],
) -> None:
    covered = tuple(result.covered_components)[:-1]  # the last is "@signature-params" itself
    if covered != tuple(components):
        _refuse(
            "coverage_insufficient",
            f"the signature covers ({' '.join(covered)}), it must cover ({' '.join(components)})",
        )
    stated = result.parameters
    if set(stated) != parameters or stated["tag"] != tag or stated["keyid"] != str(key_id):
        _refuse(
            "signature_malformed",
            f"a signature states {', '.join(sorted(parameters))}, and its tag is {tag}",
        )


def _require_time(result: VerifyResult, now: datetime) -> datetime:
    """When the signature ends. Raise unless `now` lies within its life, give or take the skew."""
    try:
        created = datetime.fromtimestamp(int(result.parameters["created"]), UTC)
        expires = datetime.fromtimestamp(int(result.parameters["expires"]), UTC)
    except (ValueError, OverflowError, OSError) as error:
        _refuse("signature_malformed", "created or expires is no instant", error)
    if not timedelta(0) < expires - created <= MAX_LIFE:
        _refuse(
            "signature_life_too_long",
            f"it would count for {expires - created}; at most {MAX_LIFE.seconds} s are accepted",
        )
    if created > now + MAX_SKEW:
        _refuse(
            "signature_not_yet_valid",
            f"made at {created:%H:%M:%S}, here it is {now:%H:%M:%S} UTC: set the clocks",
        )
    if expires + MAX_SKEW < now:
        _refuse(
            "signature_expired",
            f"it ended at {expires:%H:%M:%S}, here it is {now:%H:%M:%S} UTC: sign again",
        )
    return expires


def _require_digest(result: VerifyResult, body: bytes) -> None:
    if result.covered_components['"content-digest"'] != content_digest(body):
        _refuse("digest_mismatch", "the content is not the one whose digest was signed")


def _refuse(reason: str, message: str, cause: BaseException | None = None) -> NoReturn:
    raise NotAuthenticatedError(message, reason=reason) from cause
