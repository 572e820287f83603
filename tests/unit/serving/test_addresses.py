"""Whose connection or request it is."""

from __future__ import annotations

import pytest

from streams.serving.addresses import Proxies, owner_of

PROXIES = Proxies(("10.0.0.0/24", "::1"))


@pytest.mark.parametrize(
    "address,owner",
    [
        ("127.0.0.2", "127.0.0.2"),
        ("::ffff:127.0.0.2", "127.0.0.2"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::7", "2001:db8:1:2::/64"),
        ("", "unknown"),
    ],
)
def test_a_client_is_an_address_or_a_network_of_ipv6(address: str, owner: str) -> None:
    """Who has a network of addresses is one client; IPv4 in the form of IPv6 is IPv4."""
    assert owner == owner_of(address)


@pytest.mark.parametrize(
    "remote,forwarded,client",
    [
        ("192.0.2.9", "127.0.0.1", "192.0.2.9"),
        ("10.0.0.7", "192.0.2.1", "192.0.2.1"),
        ("10.0.0.7", "127.0.0.1, 192.0.2.1", "192.0.2.1"),
        ("10.0.0.7", "127.0.0.1, 192.0.2.1, 10.0.0.8", "192.0.2.1"),
        ("::1", "[2001:db8::5]", "2001:db8::/64"),
        ("10.0.0.7", "192.0.2.1, nonsense", "10.0.0.7"),
        ("10.0.0.7", "", "10.0.0.7"),
    ],
)
def test_only_a_trusted_proxy_is_believed(remote: str, forwarded: str, client: str) -> None:
    """The last address before the proxies counts; what a client itself wrote in front of it does not."""
    assert client == PROXIES.owner(remote, [forwarded])
    assert client == PROXIES.owner(remote, forwarded.split(","))
    assert (remote in ("10.0.0.7", "::1")) == PROXIES.trust(remote)


def test_nobody_is_trusted_by_default() -> None:
    """Without proxies in the settings a forwarded address is ignored."""
    assert "127.0.0.1" == Proxies().owner("127.0.0.1", ["192.0.2.1"])
    assert not Proxies().trust("127.0.0.1")
