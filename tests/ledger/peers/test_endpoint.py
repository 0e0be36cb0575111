"""An endpoint is a stranger's text: it never leads into this node's own network."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import PeerUnreachableError
from ledger.peers.endpoint import AllowedAddresses, parse_endpoint, resolve
from ledger.types import Region

REGION = Region("110000")
UNSPECIFIED = str(IPv4Address(0))
"""Leads to this very machine on Linux."""

DEV = AllowedAddresses(loopback=True)
PRODUCTION = AllowedAddresses(networks=(ip_network("10.8.0.0/16"), ip_network("fd00:8::/32")))


@pytest.mark.parametrize(
    ("address", "scheme", "is_allowed"),
    [
        ("10.8.1.2", "https", True),
        ("fd00:8::1", "https", True),
        ("10.8.1.2", "http", False),
        ("10.9.1.2", "https", False),
        ("127.0.0.1", "https", False),
        ("::1", "https", False),
        ("::ffff:127.0.0.1", "https", False),
        ("::ffff:10.8.1.2", "https", True),
        ("169.254.169.254", "https", False),
        (UNSPECIFIED, "https", False),
        ("fe80::1", "https", False),
        ("8.8.8.8", "https", False),
    ],
)
def test_production_policy(address: str, scheme: str, *, is_allowed: bool) -> None:
    assert PRODUCTION.allows(ip_address(address), scheme) is is_allowed


@pytest.mark.parametrize(
    ("address", "is_allowed"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("10.8.1.2", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        (UNSPECIFIED, False),
    ],
)
def test_dev_policy_is_loopback_only(address: str, *, is_allowed: bool) -> None:
    assert DEV.allows(ip_address(address), "http") is is_allowed


def test_nothing_is_allowed_by_default() -> None:
    assert not AllowedAddresses().allows(ip_address("127.0.0.1"), "https")
    assert not AllowedAddresses().allows(ip_address("10.8.0.1"), "https")


def test_an_endpoint_is_taken_apart() -> None:
    endpoint = parse_endpoint(REGION, "https://node.example:8443/ledger/")
    assert (endpoint.scheme, endpoint.host, endpoint.port) == ("https", "node.example", 8443)
    assert endpoint.authority == "node.example:8443"
    assert (
        endpoint.connect_url(ip_address("10.8.0.1"), "/v1/x") == "https://10.8.0.1:8443/ledger/v1/x"
    )
    assert (
        endpoint.connect_url(ip_address("fd00:8::1"), "/v1/x")
        == "https://[fd00:8::1]:8443/ledger/v1/x"
    )
    assert parse_endpoint(REGION, "https://node.example").port == 443
    assert parse_endpoint(REGION, "http://[::1]:80").host == "::1"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "node.example",
        "//node.example",
        "ftp://node.example",
        "file:///etc/passwd",
        "https://",
        "https://user:word@node.example",
        "https://node.example@10.0.0.1",
        "https://node.example:port",
        "https://node.example:99999",
        "https://node.example?x=1",
        "https://node.example/?",
        "https://node.example#x",
        "https://node.example/a b",
        "https://node.example\r\nX: 1",
        "https://nöde.example",
        "https://[::1",
    ],
)
def test_no_endpoint(url: str) -> None:
    with pytest.raises(PeerUnreachableError) as caught:
        parse_endpoint(REGION, url)
    assert caught.value.region == REGION
    assert REGION in str(caught.value)


@given(st.text())
def test_no_text_leaks_another_error(text: str) -> None:
    try:
        parse_endpoint(REGION, text)
    except PeerUnreachableError as error:
        assert error.region == REGION


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://127.0.0.1:9000", PRODUCTION),
        ("https://localhost", PRODUCTION),
        ("https://169.254.169.254", PRODUCTION),
        ("http://10.8.0.1", PRODUCTION),
        ("https://10.8.0.1", DEV),
        ("https://2130706433", PRODUCTION),
        ("https://no-such-name.invalid", PRODUCTION),
        ("https://" + "a" * 300, PRODUCTION),
        ("https://a..b", PRODUCTION),
    ],
)
async def test_an_address_outside_is_refused(url: str, allowed: AllowedAddresses) -> None:
    with pytest.raises(PeerUnreachableError):
        await resolve(parse_endpoint(REGION, url), allowed)


async def test_an_address_inside_is_found() -> None:
    found = await resolve(parse_endpoint(REGION, "https://10.8.0.1"), PRODUCTION)
    assert found == (ip_address("10.8.0.1"),)
    assert ip_address("127.0.0.1") in await resolve(
        parse_endpoint(REGION, "http://localhost:1"), DEV
    )
