"""Names and addresses of this machine itself, which nobody else can reach."""

from __future__ import annotations

from ipaddress import ip_address

LOOPBACK_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback")


def is_loopback(host: str) -> bool:
    """True for a name or an address of loopback."""
    plain = host.strip().lower().removeprefix("[").removesuffix("]")
    try:
        return ip_address(plain).is_loopback
    except ValueError:
        return plain in LOOPBACK_NAMES
