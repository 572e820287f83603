"""Addresses of clients: whose connection or request it is, also behind a reverse proxy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from aiohttp import web

IPV6_NETWORK_BITS = 64
"""An IPv6 client usually has a whole network of this size to itself, and an address of it for each connection."""
FORWARDED = "X-Forwarded-For"


class Proxies:
    """The reverse proxies whose word about a client's address is taken (``trusted_proxies``)."""

    def __init__(self, trusted: Iterable[str] = ()) -> None:
        """``trusted``: addresses and networks."""
        self._networks = tuple(ip_network(text) for text in trusted)

    def trust(self, address: str) -> bool:
        """True for the address of a trusted proxy."""
        return bool(self._networks) and self._is_trusted(_parsed(address))

    def client(self, request: web.BaseRequest) -> str:
        """The owner of a request."""
        return self.owner(request.remote or "", request.headers.getall(FORWARDED, []))

    def owner(self, remote: str, forwarded: Sequence[str]) -> str:
        """The owner of the address of a connection, or of the last one before the trusted proxies in X-Forwarded-For.

        Entries further left were written by the client itself and could be anything.
        """
        address = _parsed(remote)
        if self._networks and self._is_trusted(address):
            for hop in reversed(",".join(forwarded).split(",")):
                found = _parsed(hop)
                if found is None:
                    break
                address = found
                if not self._is_trusted(found):
                    break
        return _owner(address)

    def _is_trusted(self, address: IPv4Address | IPv6Address | None) -> bool:
        return address is not None and any(address in network for network in self._networks)


def owner_of(address: str) -> str:
    """Whom connections from an address are counted for: the address, of IPv6 its network."""
    return _owner(_parsed(address))


def _owner(address: IPv4Address | IPv6Address | None) -> str:
    if address is None:
        return "unknown"
    if isinstance(address, IPv6Address):
        return str(ip_network((address, IPV6_NETWORK_BITS), strict=False))
    return str(address)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.strip().removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
    # A dual-stack listener names IPv4 clients in the form of IPv6.
    return getattr(address, "ipv4_mapped", None) or address
