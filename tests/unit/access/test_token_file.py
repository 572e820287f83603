"""The file of tokens: what is kept, what is refused, and how a change takes hold."""

from __future__ import annotations

import hmac
import json
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from streams.access.roles import Role
from streams.access.token_file import TokenFile, create, key_file, open_to_others, read_tokens, revoke, session_key
from streams.access.tokens import MOST_TOKENS, Refusal, TokenBook, digest_of
from streams.common.errors import UserError

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
BOARD = (Role.BOARD,)


def book_of(path: Path) -> TokenBook:
    """The tokens of a file that is there."""
    found = read_tokens(path)
    assert found is not None
    return found


def test_a_token_is_printed_once_and_kept_as_its_sha256(tmp_path: Path) -> None:
    """The file has name, roles and SHA-256, is its owner's only, and nothing in the folder holds the token."""
    path = tmp_path / "new" / "tokens"
    token = create(path, "wall", BOARD, NOW)
    other = create(path, "boss", (Role.SUPERVISOR, Role.VALUE), NOW, timedelta(days=1))
    assert token != other
    assert ["wall", "boss"] == [each.name for each in book_of(path).tokens]
    assert book_of(path).find(digest_of(token), NOW).token == book_of(path).named("wall")
    for file in path.parent.iterdir():
        assert 0o600 == stat.S_IMODE(file.stat().st_mode)
        assert not {text.encode() for text in (token, other)} & set(file.read_bytes().split(b'"'))
    assert 0o700 == stat.S_IMODE(path.parent.stat().st_mode)
    assert [] == open_to_others(path)


@pytest.mark.parametrize(
    "after,expected",
    [(timedelta(0), None), (timedelta(hours=24, seconds=-1), None), (timedelta(hours=24), Refusal.EXPIRED)],
)
def test_a_token_ends_at_its_instant(after: timedelta, expected: Refusal | None, tmp_path: Path) -> None:
    """A token for a day holds for a day less a second, and is over after the whole day."""
    token = create(tmp_path / "tokens", "wall", BOARD, NOW, timedelta(days=1))
    found = book_of(tmp_path / "tokens").find(digest_of(token), NOW + after)
    assert (expected, expected is None) == (found.refusal, found.token is not None)


def test_every_token_is_compared_in_constant_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A right token, whichever it is, and a wrong one cost the same comparisons, all of them by hmac's."""
    path = tmp_path / "tokens"
    tokens = [create(path, f"t{number}", BOARD, NOW) for number in range(4)]
    book, compare, compared = book_of(path), hmac.compare_digest, []

    def counting(left: bytes, right: bytes) -> bool:
        compared.append(left)
        return compare(left, right)

    monkeypatch.setattr(hmac, "compare_digest", counting)
    for token in (tokens[0], tokens[3], "veinte_wrong", ""):
        compared.clear()
        book.find(digest_of(token), NOW)
        assert 4 == len(compared)


def test_a_revoked_token_is_gone_and_the_emptied_file_stays(tmp_path: Path) -> None:
    """Without the file everything could be open again, so it is kept without tokens."""
    path = tmp_path / "tokens"
    token = create(path, "wall", BOARD, NOW)
    revoke(path, "wall")
    assert () == book_of(path).tokens
    assert Refusal.WRONG_TOKEN is book_of(path).find(digest_of(token), NOW).refusal


@pytest.mark.parametrize(
    "act,sentence",
    [
        (lambda path: create(path, "wall", BOARD, NOW), "veinte token revoke wall"),
        (lambda path: create(path, "two words", BOARD, NOW), "letters, digits"),
        (lambda path: create(path, "x" * 65, BOARD, NOW), "1 to 64"),
        (lambda path: create(path, "", BOARD, NOW), "1 to 64"),
        (lambda path: create(path, "veinte_c2VjcmV0", BOARD, NOW), "a name is wanted here"),
        (lambda path: revoke(path, "veinte_c2VjcmV0"), "a name is wanted here"),
        (lambda path: revoke(path, "nobody"), "veinte token list"),
        (lambda path: revoke(path.with_name("none"), "wall"), "no file of tokens"),
        (lambda path: create(Path("/dev/null/tokens"), "wall", BOARD, NOW), "set token_file"),
    ],
)
def test_a_mistake_gets_a_sentence(act: Callable[[Path], object], sentence: str, tmp_path: Path) -> None:
    """Names that are taken, wrong or unknown, a token where a name is wanted, a place that cannot be written."""
    path = tmp_path / "tokens"
    create(path, "wall", BOARD, NOW)
    before = path.read_bytes()
    with pytest.raises(UserError) as refused:
        act(path)
    assert sentence in str(refused.value)
    assert "c2VjcmV0" not in str(refused.value)
    assert before == path.read_bytes()


def test_there_are_so_many_tokens_and_no_more(tmp_path: Path) -> None:
    """One more than the bound is refused with what to do."""
    path = tmp_path / "tokens"
    create(path, "t", BOARD, NOW)
    content = json.loads(path.read_text())
    content["tokens"] = [{**content["tokens"][0], "name": f"t{number}"} for number in range(MOST_TOKENS)]
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match="revoke some"):
        create(path, "one-more", BOARD, NOW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "secret",
        "[]",
        '{"version": 2}',
        '{"tokens": [{"name": "a"}]}',
        '{"tokens": [{"name": "a", "sha256": "secret", "roles": ["board"], "created": "2026-11-25T12:00:00Z"}]}',
        '{"tokens": [{"name": "a", "sha256": "%s", "roles": [], "created": "2026-11-25T12:00:00Z"}]}' % ("0" * 64),
        '{"tokens": [{"name": "a", "sha256": "%s", "roles": ["secret"], "created": "2026-11-25T12:00:00Z"}]}'
        % ("0" * 64),
    ],
)
def test_a_damaged_file_is_refused_without_its_content(text: str, tmp_path: Path) -> None:
    """A sentence names the file and the way out, and repeats nothing of it."""
    path = tmp_path / "tokens"
    path.write_text(text)
    with pytest.raises(UserError, match="is damaged") as refused:
        read_tokens(path)
    assert "secret" not in str(refused.value)
    with pytest.raises(UserError, match="is damaged"):
        create(path, "wall", BOARD, NOW)
    assert text == path.read_text()


def test_two_tokens_of_one_name_are_refused(tmp_path: Path) -> None:
    """A name means one token: sessions are found by it."""
    path = tmp_path / "tokens"
    create(path, "wall", BOARD, NOW)
    content = json.loads(path.read_text())
    path.write_text(json.dumps({"tokens": content["tokens"] * 2}))
    with pytest.raises(UserError, match="two tokens of one name"):
        read_tokens(path)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    """New and revoked tokens take hold; a damaged file leaves those before in force and is told once."""
    path = tmp_path / "tokens"
    said: list[str] = []
    tokens = TokenFile(path, said.append)
    assert (False, False, ()) == (tokens.existed, tokens.look(), tokens.book.tokens)
    create(path, "wall", BOARD, NOW)
    assert (True, True, ["wall"]) == (tokens.look(), tokens.existed, [each.name for each in tokens.book.tokens])
    path.write_text("damaged")
    assert (False, False, 1) == (tokens.look(), tokens.look(), len(tokens.book.tokens))
    path.unlink()
    assert (True, True, ()) == (tokens.look(), tokens.existed, tokens.book.tokens)
    assert ["1 tokens", "stay in force", "0 tokens"] == [
        next(part for part in ("1 tokens", "0 tokens", "stay in force") if part in line) for line in said
    ]


def test_a_file_that_is_mended_in_place_is_read(tmp_path: Path) -> None:
    """One that could not be read is read again, also where only its owner or mode has changed; it is told once."""
    path, said = tmp_path / "tokens", list[str]()
    for name in ("ana", "wall"):
        create(path, name, BOARD, NOW)
    tokens = TokenFile(path, said.append)
    revoke(path, "ana")
    whole, times = path.read_bytes(), path.stat()
    path.write_bytes(b"x" * len(whole))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert [False, False] == [tokens.look(), tokens.look()]
    assert (1, {"ana", "wall"}) == (len(said), {each.name for each in tokens.book.tokens})
    path.write_bytes(whole)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert tokens.look()
    assert ["wall"] == [each.name for each in tokens.book.tokens]
    path.chmod(0o640)
    assert tokens.look()


def test_files_that_others_may_read_are_named(tmp_path: Path) -> None:
    """Reading by the group is what a mounted secret has, and is no fault; reading by all and writing by others are."""
    path = tmp_path / "tokens"
    create(path, "wall", BOARD, NOW)
    for mode, expected in ((0o600, []), (0o640, []), (0o660, [path]), (0o644, [path])):
        path.chmod(mode)
        assert (mode, expected) == (mode, open_to_others(path))
    key_file(path).chmod(0o604)
    assert [path, key_file(path)] == open_to_others(path)


def test_the_key_of_sessions_is_made_once(tmp_path: Path) -> None:
    """The first token makes it; a file that is too short for a key is none, and is replaced by the next."""
    path = tmp_path / "tokens"
    assert session_key(path) is None
    create(path, "wall", BOARD, NOW)
    kept = session_key(path)
    assert kept is not None
    create(path, "boss", BOARD, NOW)
    assert (kept, 32) == (session_key(path), len(kept))
    key_file(path).write_bytes(b"short")
    assert session_key(path) is None
    revoke(path, "boss")
    assert session_key(path) not in (None, kept)
