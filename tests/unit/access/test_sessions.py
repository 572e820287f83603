"""Sessions of browsers: a changed one, one of another token, and one that is over do not hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from streams.access.roles import Role
from streams.access.sessions import SESSION_SECONDS, holds, make_session, parse_session
from streams.access.tokens import Token

KEY = b"k" * 32
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
NOW_S = NOW.timestamp()
WALL = Token("wall.1", "0" * 64, (Role.BOARD,), NOW)


def is_signed_in(text: str, token: Token = WALL, now_s: float = NOW_S, key: bytes = KEY) -> bool:
    """True where the text is a session of the token."""
    session = parse_session(text)
    return session is not None and session.name == token.name and holds(key, session, token, now_s)


@given(st.data())
def test_a_changed_session_does_not_hold(data: st.DataObject) -> None:
    """Any other character, and anything more or less, ends it."""
    text, _ = make_session(KEY, WALL, NOW_S)
    assert is_signed_in(text)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.text(st.characters(codec="utf-8"), max_size=3).filter(lambda new: new != text[place]))
    assert not is_signed_in(text[:place] + other + text[place + 1 :])


@given(st.text(max_size=200))
def test_any_text_is_no_session(text: str) -> None:
    """Anything else that a browser sends is refused, and breaks nothing."""
    assert not is_signed_in(text)


def test_a_session_is_of_one_token_and_one_key() -> None:
    """A token made anew under the same name, and another server's key, do not take it."""
    text, _ = make_session(KEY, WALL, NOW_S)
    assert not is_signed_in(text, Token(WALL.name, "1" * 64, WALL.roles, NOW))
    assert not is_signed_in(text, key=b"l" * 32)


def test_a_session_ends_with_its_token_at_the_latest() -> None:
    """It holds for thirty days, less where the token ends before; to the second."""
    for life, seconds in ((None, SESSION_SECONDS), (timedelta(hours=1), 3_600), (timedelta(days=90), SESSION_SECONDS)):
        token = Token("a", "0" * 64, (Role.BOARD,), NOW, None if life is None else NOW + life)
        text, left = make_session(KEY, token, NOW_S)
        assert seconds == left
        assert (True, False) == (
            is_signed_in(text, token, NOW_S + seconds - 1),
            is_signed_in(text, token, NOW_S + seconds),
        )


def test_a_session_is_old_when_half_of_it_is_over() -> None:
    """One that is used is renewed then."""
    session = parse_session(make_session(KEY, WALL, NOW_S)[0])
    assert session is not None
    half = SESSION_SECONDS / 2
    assert (False, False, True) == tuple(session.is_old(NOW_S + after) for after in (0, half, half + 1))
