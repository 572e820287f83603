"""Names under which a server answers."""

from __future__ import annotations

import pytest

from streams.serving.hosts import SHOWN_CHARACTERS, KnownHosts

HOSTS = KnownHosts(("board.example.com", "0.0.0.0", "Español.example", ""), "veinte exporter")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8020",
        "10.2.3.4",
        "[::1]:8020",
        "[fe80::1]",
        "localhost",
        "LOCALHOST.:8020",
        "ip6-localhost",
        "board.example.com:443",
        "Board.Example.com",
        "xn--espaol-zwa.example",
    ],
)
def test_known_names_and_addresses_are_answered(host: str) -> None:
    """Loopback names, names of the settings in any spelling, and every IP address."""
    assert None is HOSTS.stranger([host])


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8020",
        "notlocalhost",
        "board.example.com.evil.example",
        "sub.board.example.com",
        "[::1].evil.example",
        "[evil.example]",
        "evil.example:80:80",
        "user@127.0.0.1",
        "0x7f.1",
        "2130706433",
        "127.0.0.1, evil.example",
        "",
        ":8020",
        "..",
        "ñ" * 70,
    ],
)
def test_any_other_is_a_stranger(host: str) -> None:
    """A name that somebody can point here, and what is no host at all."""
    assert host == HOSTS.stranger([host])
    assert host == HOSTS.stranger(["localhost", host])


def test_the_sentence_says_what_to_set_in_both_languages() -> None:
    """The name asked for, cut where it is long, the setting, and the program to start again."""
    sentence = HOSTS.sentence("x" * 1_000)
    for text in sentence:
        assert "x" * SHOWN_CHARACTERS + "…" in text
        assert "x" * (SHOWN_CHARACTERS + 1) not in text
        assert "allowed_hosts" in text
        assert "veinte exporter" in text
