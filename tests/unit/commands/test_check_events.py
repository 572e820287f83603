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
    "a missing field": (GOOD.replace(b'"id":"1",', b""), "missing_field: Object missing required field `id`"),
    "a wrong type": (GOOD.replace(b'"1"', b"1"), "invalid_field: Expected `str`, got `int` - at `$.id`"),
    "no offset": (GOOD.replace(b"12Z", b"12"), "no_offset: `time` has no offset"),
    "NaN": (GOOD.replace(b'"sales"', b"NaN"), "not_json: "),
    "an unknown type": (GOOD.replace(b"offered", b"ofered"), "unknown_type: type 'call.ofered'"),
    "a type of no topic": (GOOD.replace(b"call.", b"agent."), "unknown_type: "),
    "no type": (b"{}", "missing_field: "),
    "a number as type": (b'{"type":5}', "invalid_field: "),
    "a list": (b"[]", "invalid_field: "),
    "a ticket without its queue": (
        GOOD.replace(b"call.offered", b"ticket.opened").replace(b"queue", b"q"),
        "missing_field: ",
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
    assert b"stdin:2: missing_field: Object missing required field `type`\n" in process.stdout
    assert process.stdout.endswith(b"stdin: 1 valid, 1 wrong (1 missing_field)\n")


@given(
    st.lists(st.binary(max_size=40).filter(lambda line: b"\n" not in line and not line.endswith(b"\r"))),
    st.integers(1, 50),
)
@example([b"ab\rc"], 1)
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
