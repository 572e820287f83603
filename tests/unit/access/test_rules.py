"""Who sees what without a token, and which exporter must not start."""

from __future__ import annotations

import pytest

from streams.access.roles import EVERY_SIGHT, ROLES, Role, Sight, in_words, roles_that_see, seen_by
from streams.access.rules import AccessRules
from streams.common.languages import Language

WALL = frozenset({Sight.WALL, Sight.SNAPSHOT})
NOTHING: frozenset[Sight] = frozenset()


@pytest.mark.parametrize(
    "host,anonymous,proxies,tokens,sees,starts",
    [
        ("127.0.0.1", None, False, False, EVERY_SIGHT, True),
        ("127.8.0.1", None, False, False, EVERY_SIGHT, True),
        ("::1", None, False, False, EVERY_SIGHT, True),
        ("localhost", None, False, False, EVERY_SIGHT, True),
        ("127.0.0.1", None, False, True, NOTHING, True),
        ("127.0.0.1", None, True, False, NOTHING, True),
        ("127.0.0.1", (Role.BOARD,), False, False, WALL, True),
        ("127.0.0.1", (), False, False, NOTHING, True),
        ("0.0.0.0", None, False, False, NOTHING, False),
        ("::", None, False, False, NOTHING, False),
        ("10.0.0.7", None, False, False, NOTHING, False),
        ("centre.example", None, False, False, NOTHING, False),
        ("", None, False, False, NOTHING, False),
        ("0.0.0.0", None, True, False, NOTHING, False),
        ("0.0.0.0", None, False, True, NOTHING, True),
        ("0.0.0.0", (Role.BOARD, Role.SCRAPE), False, False, WALL | {Sight.METRICS}, True),
        ("0.0.0.0", (), True, False, NOTHING, True),
        ("0.0.0.0", tuple(Role), False, True, EVERY_SIGHT, True),
    ],
)
def test_what_is_open_without_a_token(
    host: str, anonymous: tuple[Role, ...] | None, proxies: bool, tokens: bool, sees: frozenset[Sight], starts: bool
) -> None:
    """All on loopback while nothing is set; nothing elsewhere, where a start takes a token or the setting."""
    rules = AccessRules(host, anonymous, proxies, "X-User", "X-Roles")
    assert (sees, starts) == (rules.anonymous_sees(tokens=tokens), not rules.refusal(tokens=tokens))
    assert rules.sentence(tokens=tokens).endswith(f"sees: {in_words(sees)}")


def test_the_refusal_says_what_to_do() -> None:
    """The sentence has the setting that is wrong, the command, and the setting that says so on purpose."""
    sentence = AccessRules("0.0.0.0", None, False, "X-User", "X-Roles").refusal(tokens=False)
    for part in ("exporter_host = '0.0.0.0'", "veinte token create", 'anonymous = ["board", "scrape"]', *Role):
        assert part in sentence


def test_every_role_is_in_the_table() -> None:
    """Each role sees something, each content has a role that sees it and words in both languages."""
    assert set(Role) == set(ROLES)
    assert EVERY_SIGHT == seen_by(Role)
    for sight in Sight:
        assert roles_that_see(sight)
        assert all(in_words([sight], language) for language in Language)
    assert ("nothing", "nada") == tuple(in_words([], language) for language in Language)


def test_agents_and_single_contacts_are_the_supervisors() -> None:
    """No other role sees either."""
    for sight in (Sight.AGENTS, Sight.EXPLANATIONS):
        assert (Role.SUPERVISOR,) == roles_that_see(sight)
