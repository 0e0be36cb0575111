"""The profile against RFC 9421's own examples, by way of a second implementation.

The second implementation builds signature bases from text alone, knows nothing of the library that
the profile rests on, and is itself held to every example of RFC 9421 appendix B.2.
"""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.encoding import b64url_decode
from ledger.keys import KeyId, SigningKey
from ledger.signing import Request, Signer, content_digest, sign_answer, sign_request
from ledger.types import Region

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors/httpsig/rfc9421_b2.json").read_text(encoding="utf-8")
)
CASES = {case["rfc_section"]: case for case in VECTORS["cases"]}
JWK = VECTORS["keys"]["test-key-ed25519"]
SIGNER = Signer(
    key_id=KeyId(Region("110000"), 0), key=SigningKey.from_bytes(b64url_decode(JWK["d"]))
)
NOW = datetime.fromtimestamp(1618884473, UTC)


def value_of(component: str, message: dict[str, Any], request: dict[str, Any] | None) -> str:
    """The line's value for one covered component (RFC 9421 §2)."""
    name, *flags = component.split(";")
    name = name.strip('"')
    source = request if "req" in flags and request is not None else message
    fields = {field.lower(): value for field, value in source["headers"]}
    keyed = [flag.split("=", 1)[1].strip('"') for flag in flags if flag.startswith("key=")]
    if keyed:
        return str(fields[name]).removeprefix(f"{keyed[0]}=")  # fields of one member only
    path, _, query = source.get("target", "").partition("?")
    derived = {
        "@method": source.get("method"),
        "@target-uri": source.get("target"),
        "@authority": fields.get("host"),
        "@path": path,
        "@query": f"?{query}",
        "@query-param": dict(pair.split("=") for pair in query.split("&") if pair).get("Pet"),
        "@status": source.get("status"),
    }
    return str(derived[name] if name in derived else fields[name])


def base_of(
    signature_input: str, message: dict[str, Any], request: dict[str, Any] | None = None
) -> str:
    """The signature base that a Signature-Input of one label stands for (RFC 9421 §2.5)."""
    parameters = signature_input.split("=", 1)[1]
    covered = parameters[1 : parameters.index(")")]
    lines = [
        f"{component}: {value_of(component, message, request)}"
        for component in re.findall(r'"[^"]*"(?:;[a-z]+(?:="[^"]*")?)*', covered)
    ]
    return "\n".join([*lines, f'"@signature-params": {parameters}'])


@pytest.mark.parametrize("section", CASES)
def test_the_second_implementation_is_right(section: str) -> None:
    case = CASES[section]
    assert (
        base_of(case["signature_input"], VECTORS["messages"][case["message"]])
        == (case["signature_base"])
    )


def test_our_keys_sign_as_the_rfc_does() -> None:
    case = CASES["B.2.6"]
    signature = SIGNER.key.sign(case["signature_base"].encode())
    assert case["signature"] == f"sig-b26=:{base64.b64encode(signature).decode()}:"


def test_our_digest_is_the_rfcs() -> None:
    """RFC 9530 §B.1 (the digest of `{"hello": "world"}` and a line feed)."""
    assert content_digest(b'{"hello": "world"}\n') == (
        "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
    )


def as_message(request: Request) -> dict[str, Any]:
    return {"method": request.method, "target": request.url, "headers": request.fields}


def check(signature: str, base: str) -> None:
    raw = base64.b64decode(signature.removeprefix("ledger=:").removesuffix(":"))
    public = Ed25519PublicKey.from_public_bytes(SIGNER.key.public.raw)
    public.verify(raw, base.encode("ascii"))


def test_a_request_and_its_answer_verify_under_the_second_implementation() -> None:
    request = sign_request(
        method="POST",
        url="http://127.0.0.1:8011/v1/peer/search",
        content_type="application/json",
        body=b'{"hello": "world"}\n',
        signer=SIGNER,
        now=NOW,
        nonce=bytes(range(16)),
    )
    sent = dict(request.fields)
    assert sent["signature-input"] == (
        'ledger=("@method" "@target-uri" "content-type" "content-digest")'
        ';created=1618884473;keyid="110000/0";alg="ed25519";expires=1618884533'
        ';nonce="AAECAwQFBgcICQoLDA0ODw";tag="license-ledger-request"'
    )
    check(sent["signature"], base_of(sent["signature-input"], as_message(request)))

    answer = sign_answer(
        request, status=403, content_type="text/plain", body=b"no", signer=SIGNER, now=NOW
    )
    got = dict(answer.fields)
    message = {"status": 403, "headers": answer.fields}
    check(got["signature"], base_of(got["signature-input"], message, as_message(request)))
