"""`veinte check-events`: each bad line is named, with its number, its reason and what is wrong."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from hypothesis import example, given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from streams.commands.check_events import EXIT_INVALID, register
from streams.common.errors import UserError
from streams.config.settings import Settings
from streams.tools.event_check import EventCheck, Line, lines_of

GOOD = (
    b'{"specversion":"1.0","id":"1","source":"/pbx","type":"call.offered","time":"2026-11-21T09:00:12Z",'
    b'"subject":"call-1","data":{"queue":"sales"}}'
)
PROGRAM = """
import typer
from streams.commands.check_events import register
app = typer.Typer()
register(app)
app()
"""
CheckEvents = Callable[[str], Result]


@pytest.fixture
def check_events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CheckEvents:
    """``check_events(file)`` runs the command in an empty directory."""
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    register(app)
    return lambda file: CliRunner().invoke(app, [file])


def test_good_events(check_events: CheckEvents) -> None:
    """Valid lines of all topics, with either line ending and none at the end, give exit status 0."""
    chat, ticket = GOOD.replace(b"call.", b"chat."), GOOD.replace(b"call.offered", b"ticket.opened")
    Path("events.jsonl").write_bytes(GOOD + b"\n" + chat + b"\r\n" + ticket)
    result = check_events("events.jsonl")
    assert (0, "events.jsonl: 3 valid\n") == (result.exit_code, result.output)


BAD_LINES: dict[str, tuple[bytes, str]] = {
    "not JSON": (b"hello", "not_json: JSON is malformed"),
    "invalid UTF-8": (GOOD.replace(b"sales", b"a\xf1o"), "not_utf8: invalid UTF-8 at byte "),
    "invalid UTF-8 where nobody looks": (
        GOOD.replace(b'"data"', b'"x":"\xf1","data"'),
        "not_utf8: invalid UTF-8 at byte ",
    ),
    "a byte order mark": (b"\xef\xbb\xbf" + GOOD, "not_json: begins with a byte order mark"),
    "a missing field": (GOOD.replace(b'"id":"1",', b""), "missing_field: `id` is missing"),
    "a wrong type": (GOOD.replace(b'"1"', b"1"), "invalid_field: `id` is a whole number; it must be a text"),
    "no offset": (GOOD.replace(b"12Z", b"12"), "no_offset: `time` has no offset"),
    "NaN": (GOOD.replace(b'"sales"', b"NaN"), "not_json: "),
    "an unknown type": (
        GOOD.replace(b"offered", b"ofered"),
        "unknown_type: type 'call.ofered' is none of this contract; did you mean call.offered?",
    ),
    "a name that a terminal would obey": (
        GOOD.replace(b"sales", b"\\u202esales"),
        "invalid_field: `queue` holds the invisible character U+202E",
    ),
    "a type of no topic": (GOOD.replace(b"call.", b"agent."), "unknown_type: "),
    "no type": (b"{}", "missing_field: "),
    "a number as type": (b'{"type":5}', "invalid_field: "),
    "a list": (b"[]", "invalid_field: "),
    "a transfer without its queue": (
        GOOD.replace(b"call.offered", b"ticket.transferred").replace(b"queue", b"q"),
        "missing_field: `data.queue` is missing",
    ),
    "a long string": (GOOD.replace(b"sales", b"s" * 257), "string_too_long: `queue` has 257 characters"),
    "a large line": (GOOD.replace(b"sales", b"s" * 65_536), "too_large: 65673 bytes, over the limit of 65536"),
    "a megabyte": (b"x" * 2**20, "too_large: 1048576 bytes"),
    "deep nesting": (b'{"type":' + b"[" * 60_000, "not_json: nested too deeply"),
}


@pytest.mark.parametrize("name", BAD_LINES)
def test_bad_lines(check_events: CheckEvents, name: str) -> None:
    """A bad line is named by file, number and reason; the good lines around it count as good."""
    line, finding = BAD_LINES[name]
    Path("events.jsonl").write_bytes(GOOD + b"\n\n" + line + b"\n" + GOOD)
    result = check_events("events.jsonl")
    first, summary = result.output.splitlines()
    assert EXIT_INVALID == result.exit_code
    assert first.startswith(f"events.jsonl:3: {finding}"), first
    reason = finding.split(":")[0]
    assert f"events.jsonl: 2 valid, 1 wrong (1 {reason}), 1 empty line" == summary


def test_summary_counts_by_reason(check_events: CheckEvents) -> None:
    """The end of the output counts what was wrong by reason, the commonest first."""
    Path("events.jsonl").write_bytes(b"\n".join([b"x", b"{}", b"{}", b" ", GOOD]))
    assert (
        "events.jsonl: 1 valid, 3 wrong (2 missing_field, 1 not_json), 1 empty line"
        in check_events("events.jsonl").output
    )


def test_empty_file(check_events: CheckEvents) -> None:
    """A file with nothing in it is not wrong, and is said to hold nothing."""
    Path("empty").touch()
    result = check_events("empty")
    assert (0, "empty: 0 valid, no events\n") == (result.exit_code, result.output)


def _directory(path: Path) -> None:
    path.mkdir()


NOT_READABLE: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda _: None, "does not exist"),
    "a directory": (_directory, "is a directory"),
    "binary": (lambda path: path.write_bytes(b"\x7fELF\0\0"), "is a binary file; expected JSON lines in UTF-8"),
    "compressed": (lambda path: path.write_bytes(gzip.compress(GOOD)), "is compressed (gzip); unpack it"),
    "UTF-16": (lambda path: path.write_bytes(GOOD.decode().encode("utf-16")), "is UTF-16 text; save it as UTF-8"),
}


@pytest.mark.parametrize("name", NOT_READABLE)
def test_files_of_another_kind(check_events: CheckEvents, name: str) -> None:
    """An input that is no file of lines is refused in one sentence."""
    make, sentence = NOT_READABLE[name]
    make(Path("it"))
    error = check_events("it").exception
    assert isinstance(error, UserError)
    assert f"it {sentence}" in str(error)


def test_standard_input(tmp_path: Path) -> None:
    """With - the lines come from standard input."""
    process = subprocess.run(
        [sys.executable, "-c", PROGRAM, "-"], input=GOOD + b"\n{}\n", capture_output=True, cwd=tmp_path, check=False
    )
    assert (EXIT_INVALID, b"") == (process.returncode, process.stderr)
    assert b"stdin:2: missing_field: `type` is missing\n" in process.stdout
    assert process.stdout.endswith(b"stdin: 1 valid, 1 wrong (1 missing_field)\n")


@given(
    st.lists(st.binary(max_size=40).filter(lambda line: b"\n" not in line and not line.endswith(b"\r"))),
    st.integers(1, 50),
)
@example([bytes(11) + b"\r" + bytes(1)], 10)
@example([bytes(11)], 10)
def test_lines_are_cut_as_anyone_would(lines: list[bytes], longest: int) -> None:
    """Numbers and sizes are those of a plain split; what is within the limit is whole, the rest is short in memory."""
    content = b"".join(line + b"\n" for line in lines)
    found = list(lines_of(io.BytesIO(content), longest))
    assert [(number, len(line)) for number, line in enumerate(lines, 1)] == [(line.number, line.size) for line in found]
    for line, original in zip(found, lines, strict=True):
        assert len(line.value) <= longest + 2
        if line.size <= longest:
            assert original == line.value


def test_a_last_line_without_an_end() -> None:
    """The last line counts with and without its end, also when it is too long."""
    assert [Line(1, b"ab", 2), Line(2, b"c", 1)] == list(lines_of(io.BytesIO(b"ab\nc"), 5))
    assert [(1, 9)] == [(line.number, line.size) for line in lines_of(io.BytesIO(b"123456789"), 3)]


@given(st.lists(st.binary(max_size=80)))
def test_every_line_is_counted_once(values: list[bytes]) -> None:
    """Whatever the lines, each is valid, wrong or empty."""
    check = EventCheck(Settings())
    content = io.BytesIO(b"\n".join([*values, GOOD]))
    lines = list(lines_of(content, 65_536))
    findings = list(check.findings(lines))
    assert len(lines) == check.valid + check.empty + len(findings)
    assert check.wrong.total() == len(findings)


def test_limits_are_those_of_the_settings(check_events: CheckEvents) -> None:
    """A changed limit holds here as it does in the worker."""
    Path("veinte.toml").write_text("string_limit = 16\n")
    Path("events.jsonl").write_text(json.dumps({**json.loads(GOOD), "id": "i" * 17}))
    assert "string_too_long: `id` has 17 characters, over 16" in check_events("events.jsonl").output


def lines(*events: dict[str, object]) -> bytes:
    """Events as JSON lines, each with what is not given: the source /pbx, an id of its own, the subject c-1."""
    usual = {"specversion": "1.0", "source": "/pbx", "subject": "c-1"}
    return b"".join(
        json.dumps({**usual, "id": str(number), "data": {}, **event}).encode() + b"\n"
        for number, event in enumerate(events, 1)
    )


def at(kind: str, second: int, **changes: object) -> dict[str, object]:
    """An event of a type at a second after nine."""
    return {"type": kind, "time": f"2026-11-21T09:00:{second:02}Z", **changes}


OFFERED = at("call.offered", 0, data={"queue": "sales"})
ANSWERED, ENDED = at("call.answered", 5), at("call.ended", 50)


@pytest.fixture
def check_contacts(check_events: CheckEvents) -> Callable[..., list[str]]:
    """``check_contacts(event, …)`` gives the output of ``--contacts`` line by line, without the name of the file."""
    app = typer.Typer()
    register(app)

    def run(*events: dict[str, object]) -> list[str]:
        Path("e").write_bytes(lines(*events))
        result = CliRunner().invoke(app, ["--contacts", "e"])
        found = [line.removeprefix("e:").strip() for line in result.output.splitlines()]
        assert result.exit_code == (EXIT_INVALID if found[0][0].isdigit() and ": " in found[0] else 0), result.output
        return found

    return run


CheckContacts = Callable[..., list[str]]


def test_a_contact_from_offer_to_end(check_contacts: CheckContacts) -> None:
    """A call that was offered, answered and ended has no finding; the summary counts contacts and types."""
    assert [
        "3 valid",
        "1 contact, nothing wrong with any",
        "1 call.answered, 1 call.ended, 1 call.offered",
    ] == check_contacts(OFFERED, ANSWERED, ENDED)


WRONG_CONTACTS: dict[str, tuple[tuple[dict[str, object], ...], list[str]]] = {
    "never offered": (
        (ANSWERED, ENDED),
        ["1: never_offered: c-1 has call.answered and 1 more but no call.offered; it counts nowhere"],
    ),
    "a ticket never opened": (
        (at("ticket.solved", 0),),
        ["1: never_offered: c-1 has ticket.solved but no ticket.opened"],
    ),
    "a note alone": ((at("call.classified", 0),), ["1: never_offered: c-1 has call.classified but no call.offered"]),
    "a leg never offered": (
        (OFFERED, ANSWERED, ENDED, at("call.answered", 9, data={"leg": "b"})),
        ["4: never_offered: c-1, leg b, has call.answered but no call.offered"],
    ),
    "still waiting": ((OFFERED,), ["1: never_ended: c-1 was never answered, abandoned, taken out of the queue"]),
    "still talking": ((OFFERED, ANSWERED), ["1: never_ended: c-1 was answered and has no `ended` or `transferred`"]),
    "the second leg still waiting": (
        (OFFERED, ANSWERED, ENDED, at("call.offered", 51, data={"queue": "tier 2", "leg": 2, "via": "transfer"})),
        ["4: never_ended: c-1, leg 2, was never answered"],
    ),
    "two legs, an event without one": (
        (
            at("call.offered", 0, data={"queue": "sales", "leg": "a"}),
            at("call.offered", 0, data={"queue": "sales", "leg": "b"}),
            at("call.answered", 5),
        ),
        ["3: unclear_leg: c-1: call.answered has no `leg`", "1: never_ended", "2: never_ended"],
    ),
    "an answer before its offer": (
        (at("call.offered", 30, data={"queue": "sales"}), ANSWERED, ENDED),
        ["1: incomplete: c-1: an outcome lies more than 5 s before its offer"],
    ),
    "two ids for one event": (
        (OFFERED, ANSWERED, ENDED, {**ENDED, "id": "other"}),
        ["4: two_ids: c-1: the same call.ended as in line 3, with another `id` or `source`"],
    ),
    "a retry with a new time": (
        (OFFERED, ANSWERED, ENDED, at("call.ended", 59, id="3")),
        ["4: id_reused: the `id` and `source` of line 3 with another time; a retry must repeat the event as it was"],
    ),
    "one id for two events": (
        (OFFERED, ANSWERED, ENDED, at("call.offered", 0, id="1", subject="c-2", data={"queue": "sales"})),
        ["4: id_reused: the `id` and `source` of line 1 with other content", "4: never_ended: c-2"],
    ),
}


@pytest.mark.parametrize("name", WRONG_CONTACTS)
def test_contacts_that_are_not_whole(check_contacts: CheckContacts, name: str) -> None:
    """Each fault of a contact is one finding with a line, a reason and a sentence, in the order of the lines."""
    events, expected = WRONG_CONTACTS[name]
    found = [line for line in check_contacts(*events) if line[0].isdigit() and ": " in line]
    assert len(expected) == len(found), found
    for line in expected:
        assert any(each.startswith(line) for each in found), found


@pytest.mark.parametrize(
    "events",
    [
        (at("call.refused", 0, data={"queue": "sales", "reason": "closed"}),),
        (at("call.callback_requested", 0, data={"queue": "sales"}),),
        (OFFERED, at("call.removed", 9, data={"reason": "test"})),
        (OFFERED, ANSWERED, ENDED, at("call.classified", 59, data={"topic": "invoice"})),
        (ENDED, ANSWERED, OFFERED),
        (at("ticket.opened", 0),),
        (at("chat.offered", 0, data={"queue": "web"}), at("chat.abandoned", 8)),
    ],
)
def test_contacts_that_are_whole(check_contacts: CheckContacts, events: tuple[dict[str, object], ...]) -> None:
    """Refused, removed and menu contacts need no end, a ticket may stay open, and the order of lines says nothing."""
    assert "1 contact, nothing wrong with any" in check_contacts(*events)


def test_an_event_that_comes_again_is_counted(check_contacts: CheckContacts) -> None:
    """The same event twice is no fault, and the summary says that it changes nothing."""
    twice = {**OFFERED, "id": "1"}
    assert "1 event sent again unchanged, which changes no number" in check_contacts(twice, twice, ANSWERED, ENDED)


def test_customers_are_counted_and_never_printed(check_events: CheckEvents) -> None:
    """Withheld numbers are nobody, spellings of one telephone number are one customer, and no number is shown."""
    customers = ["+34 600 11 22 33", "0034600112233", "600112233", "Anonymous", "unknown", "ANONYMOUS ", None]
    Path("e").write_bytes(
        lines(
            *(
                at("call.offered", 0, subject=f"c-{n}", data={"queue": "q", "customer": c})
                for n, c in enumerate(customers)
            )
        )
    )
    result = check_events("e")
    assert (
        "e: customers: 2 known, 3 events of nobody known (2 anonymous, 1 unknown), "
        "1 joined: one telephone number written in several ways" in result.output
    )
    assert "600" not in result.output.replace("e: 7 valid", "")
