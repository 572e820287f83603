"""Earlier names of queues in the settings: how they are written, and each one that is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.common.errors import UserError
from streams.common.vocabulary import Channel
from streams.config.policy_book import policy_book
from streams.config.settings import Settings, load_settings
from streams.facts.shared.policy import book_hash


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_earlier_names_by_channel(folder: Path) -> None:
    """A queue may have several earlier names, in one form like all names; each holds in the channels that name it."""
    (folder / "veinte.toml").write_text(
        '[queues.sales]\nchannel = "call"\nwas = [" Ventas ", "venta\\u0301s", "Ventas"]\n'
        '[[queues.help]]\nchannel = "call"\nwas = ["aid"]\n'
        '[[queues.help]]\nchannel = "chat"\n'
        '[[queues.help]]\nchannel = "chat"\nsince = 2026-01-01T00:00:00Z\nwas = ["aid"]\n'
    )
    settings = load_settings()
    assert ("Ventas", "vent\u00e1s") == settings.queues["sales"][0].was
    assert {
        Channel.CALL: {"Ventas": "sales", "vent\u00e1s": "sales", "aid": "help"},
        Channel.CHAT: {"aid": "help"},
    } == settings.renames
    (folder / "veinte.toml").unlink()
    assert {} == load_settings().renames


REFUSED = {
    "two queues with one": (
        '[queues.a]\nchannel = "call"\nwas = ["old"]\n[queues.b]\nchannel = "call"\nwas = ["old"]\n',
        "queues.b.was = 'old': it is an earlier name of queues.a too; keep it in one of the two",
    ),
    "two queues of two channels with one": (
        '[queues.a]\nchannel = "call"\nwas = ["old"]\n[queues.b]\nchannel = "chat"\nwas = ["old"]\n',
        "queues.b.was = 'old': it is an earlier name of queues.a too; keep it in one of the two",
    ),
    "one that is configured itself": (
        '[queues.a]\nchannel = "call"\nwas = ["old"]\n[queues.old]\nchannel = "call"\n',
        "queues.a.was = 'old': queues.old is configured itself; remove its table, or the name from was",
    ),
    "a chain": (
        '[queues.a]\nchannel = "call"\nwas = ["b"]\n[queues.b]\nchannel = "call"\nwas = ["c"]\n',
        'queues.a.was = \'b\': queues.b was renamed itself; write queues.a.was = ["c", "b"] and remove queues.b',
    ),
    "one of another channel": (
        '[queues.a]\nchannel = "call"\nwas = ["old"]\n[queues.old]\nchannel = "chat"\n',
        "queues.a.was = 'old': queues.old is a queue of another channel (chat, not call); a queue that is renamed "
        "keeps its channel, so leave the name out",
    ),
    "its present name": (
        '[queues.a]\nchannel = "call"\nwas = ["a"]\n',
        "queues.a.was = 'a': that is its present name; leave it out",
    ),
    "the queues past the limit": (
        '[queues.a]\nchannel = "call"\nwas = ["other"]\n',
        "queues.a.was = 'other': this name stands for the queues past queue_limit, which no queue can take; "
        "leave it out",
    ),
    "tickets without a queue": (
        '[queues.a]\nchannel = "ticket"\nwas = ["unassigned"]\n',
        "queues.a.was = 'unassigned': this name stands for tickets without a queue, which no queue can take; "
        "leave it out",
    ),
    "all queues": (
        '[queues.a]\nchannel = "call"\nwas = ["*"]\n',
        "queues.a.was: queue name '*' stands for all queues of a channel; give the queue another name",
    ),
    "a blank one": ('[queues.a]\nchannel = "call"\nwas = [" "]\n', "queues.a.was: queue name ' ' must have 1 to 256"),
    "an invisible one": (
        '[queues.a]\nchannel = "call"\nwas = ["a\\u202eb"]\n',
        "queues.a.was: queue name 'a\\u202eb' holds the invisible character U+202E; names hold visible characters only",
    ),
    "no list": (
        '[queues.a]\nchannel = "call"\nwas = "old"\n',
        "queues.a.was = 'old': it must be a list of names, such as was = [\"old name\"]",
    ),
    "numbers": ('[queues.a]\nchannel = "call"\nwas = [5]\n', "queues.a.was: it must be a list of names"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(folder: Path, case: str) -> None:
    """An earlier name that cannot be one is refused at start, in one sentence that says what to do."""
    text, sentence = REFUSED[case]
    (folder / "veinte.toml").write_text(text)
    with pytest.raises(UserError) as error:
        load_settings()
    (line,) = str(error.value).splitlines()[1:]
    assert line.strip().startswith(sentence)


def test_an_earlier_name_is_no_policy() -> None:
    """Contacts are judged alike with and without it: the policy book, and so its hash, stays the same."""
    plain, named = (
        policy_book(Channel.CALL, Settings(hash_key=None, queues={"sales": [{"channel": "call", **more}]}))
        for more in ({"target_seconds": 30}, {"target_seconds": 30, "was": ["old"]})
    )
    assert (plain, book_hash(plain)) == (named, book_hash(named))
