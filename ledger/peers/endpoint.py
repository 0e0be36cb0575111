"""Where another region's node may be reached: what its endpoint on the chain may resolve to.

An endpoint is a stranger's text: it must never lead this node into its own network. The address is
resolved here, checked here, and connected to as a number, so a name cannot turn to another address
between the check and the connection. A path in an endpoint is a prefix of every path asked for.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

import anyio

from ledger.errors import PeerUnreachableError
from ledger.types import Region

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedAddresses:
    """Where other regions may lie. Nothing is allowed that is not named here."""

    networks: tuple[Network, ...] = ()
    loopback: bool = False
    """Whether this very machine is allowed, and http there; for dev chains only."""

    def allows(self, address: Address, scheme: str) -> bool:
        """Whether `address` may be connected to. Off loopback only https may."""
        plain = _unmapped(address)
        if plain.is_loopback:
            return self.loopback
        return scheme == "https" and any(
            plain in network for network in self.networks if network.version == plain.version
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A region's endpoint, taken apart."""

    region: Region
    url: str
    scheme: str
    host: str
    port: int
    authority: str
    """Host and port as written: the Host field."""
    prefix: str
    """Path before the paths of this API, without a final slash; usually empty."""

    def connect_url(self, address: Address, path: str) -> str:
        """Where to connect for `path`: the checked address in place of the name."""
        host = f"[{address}]" if address.version == 6 else str(address)
        return f"{self.scheme}://{host}:{self.port}{self.prefix}{path}"


def parse_endpoint(region: Region, url: str) -> Endpoint:
    """Raise PeerUnreachableError unless it is http(s)://host[:port][/path], in ASCII."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _unusable(region, "is no URL") from error
    if (
        not url.isascii()
        or not url.isprintable()
        or parts.scheme not in _DEFAULT_PORTS
        or not parts.hostname
        or "@" in parts.netloc
        or "?" in url
        or "#" in url
        or " " in url
    ):
        raise _unusable(region, "is not of the form https://host:port")
    return Endpoint(
        region=region,
        url=url,
        scheme=parts.scheme,
        host=parts.hostname,
        port=port or _DEFAULT_PORTS[parts.scheme],
        authority=parts.netloc,
        prefix=parts.path.rstrip("/"),
    )


async def resolve(endpoint: Endpoint, allowed: AllowedAddresses) -> tuple[Address, ...]:
    """The addresses to connect to, in the resolver's order. Never empty.

    Raise PeerUnreachableError when the name does not resolve, or to no allowed address.
    """
    try:
        found = await anyio.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
        addresses = dict.fromkeys(ip_address(sockaddr[0]) for *_, sockaddr in found)
    except (OSError, ValueError, UnicodeError) as error:
        raise _unusable(endpoint.region, "does not resolve to an address") from error
    usable = tuple(one for one in addresses if allowed.allows(one, endpoint.scheme))
    if not usable:
        raise _unusable(
            endpoint.region,
            "leads outside the networks in which regions may lie (LEDGER_PEER_NETWORKS), "
            "or is not https",
        )
    return usable


def _unmapped(address: Address) -> Address:
    """::ffff:127.0.0.1 is 127.0.0.1 to the operating system, so it is here."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _unusable(region: Region, problem: str) -> PeerUnreachableError:
    return PeerUnreachableError(
        f"the endpoint of {region} on the chain {problem}; its operator can set another",
        region=region,
    )
