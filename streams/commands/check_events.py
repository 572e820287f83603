"""`veinte check-events`: validates JSON lines against the event contract and reports each error with its line."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from streams.common.errors import UserError
from streams.common.plurals import counted

if TYPE_CHECKING:
    from streams.tools.event_check import EventCheck, Line

EXIT_INVALID = 1
"""Exit status for a line that is not a valid event of the contract."""
STDIN = "-"
SNIFF_BYTES = 4096
"""Bytes examined to distinguish text from other files."""
MAGIC = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
PROGRESS_FROM_BYTES = 4 * 1024 * 1024
"""A smaller file is checked before a progress bar could be read."""
PROGRESS_LINES = 1000
"""Lines between two updates of the progress bar."""


def register(app: typer.Typer) -> None:
    """Add `veinte check-events`."""
    app.command("check-events")(check_events)


def check_events(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="JSON lines, an event each; - is standard input.")],
    contacts: Annotated[
        bool,
        typer.Option(
            "--contacts",
            help="Check each contact from its offer to its end too: never offered, never ended, one event under two "
            "ids, one id for two events.",
        ),
    ] = False,
) -> None:
    """Validate JSON lines against the event contract, without Kafka and Redis; exit status 1 if anything is wrong.

    Each finding is FILE:LINE: reason: sentence. An unknown type, which the worker only counts, is an error here. A
    file that stops in the middle of contacts has some that never end: with --contacts they are named.
    """
    from streams.config.settings import load_settings
    from streams.contract.names import printable
    from streams.tools.event_check import EventCheck, lines_of

    settings = load_settings()
    name = "stdin" if file == STDIN else file
    check = EventCheck(settings, contacts=contacts)
    with _opened(file) as content, _progress(content, name) as moving:
        try:
            for finding in check.findings(moving(lines_of(content, settings.record_limit_bytes))):
                print(f"{name}:{finding.line}: {finding.reason}: {printable(finding.detail)}")
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            raise UserError(f"{name} cannot be read to its end ({error.strerror})") from None
    print(_summary(name, check))
    for line in _more(check):
        print(f"{name}: {printable(line)}")
    if check.wrong or check.wrong_contacts:
        raise typer.Exit(EXIT_INVALID)


def _summary(name: str, check: EventCheck) -> str:
    """``FILE: 998 valid, 2 wrong (1 missing_field, 1 no_offset), 3 empty lines``."""
    parts = [f"{check.valid:,} valid"]
    if check.wrong:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in check.wrong.most_common())
        parts.append(f"{check.wrong.total():,} wrong ({reasons})")
    if check.empty:
        parts.append(counted(check.empty, "empty line"))
    if not check.valid and not check.wrong:
        parts.append("no events")
    return f"{name}: {', '.join(parts)}"


def _more(check: EventCheck) -> Iterator[str]:
    """Lines of the summary about contacts, types, unknown fields and customers."""
    if check.contacts is not None:
        contacts = counted(len(check.contacts), "contact")
        if check.wrong_contacts:
            found = ", ".join(f"{count:,} {reason}" for reason, count in check.wrong_contacts.most_common())
            yield f"{contacts}, {counted(check.wrong_contacts.total(), 'finding')} ({found})"
        elif len(check.contacts):
            yield f"{contacts}, nothing wrong with any"
        if check.contacts.names.repeats:
            yield f"{counted(check.contacts.names.repeats, 'event')} sent again unchanged, which changes no number"
        if check.contacts.types:
            yield ", ".join(f"{count:,} {kind}" for kind, count in sorted(check.contacts.types.items()))
    yield from check.unknown_fields.summary()
    customers = check.customers.summary()
    if customers:
        yield customers


@contextmanager
def _opened(file: str) -> Iterator[BufferedReader]:
    """The bytes of ``file``, after a check that they are text.

    Raises:
        UserError: it is missing, a directory, not readable, or not text.
    """
    if file == STDIN:
        if sys.stdin is None:
            raise UserError("standard input is closed; pipe JSON lines into `veinte check-events -`")
        yield _text_only(cast("BufferedReader", sys.stdin.buffer), "stdin")
        return
    try:
        content = Path(file).open("rb")  # noqa: SIM115 - closed below, once opening it has not failed
    except FileNotFoundError:
        raise UserError(f"{file} does not exist; give a file of JSON lines, or - for standard input") from None
    except IsADirectoryError:
        raise UserError(f"{file} is a directory; give a file of JSON lines, or - for standard input") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UserError(f"{file} cannot be opened ({reason})") from None
    with content:
        yield _text_only(content, file)


def _text_only(content: BufferedReader, name: str) -> BufferedReader:
    try:
        start = content.peek(SNIFF_BYTES)[:SNIFF_BYTES]
    except OSError as error:
        raise UserError(f"{name} cannot be read ({error.strerror})") from None
    for magic, kind in MAGIC.items():
        if start.startswith(magic):
            raise UserError(f"{name} is compressed ({kind}); unpack it and pipe the lines to `veinte check-events -`")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UserError(f"{name} is UTF-16 text; save it as UTF-8")
    if b"\0" in start:
        raise UserError(f"{name} is a binary file; expected JSON lines in UTF-8")
    return content


@contextmanager
def _progress(content: BufferedReader, name: str) -> Iterator[Callable[[Iterable[Line]], Iterator[Line]]]:
    """Context with a function that passes lines through and updates a bar, if standard error is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    console = Console(stderr=True)
    total = _size(content)
    if not console.is_terminal or (total is not None and total < PROGRESS_FROM_BYTES):
        yield iter
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    # Output redirected to a file must stay there: by default rich sends all of standard output to the terminal.
    with Progress(*columns, console=console, transient=True, redirect_stdout=sys.stdout.isatty()) as progress:
        task = progress.add_task(name, total=total)

        def moving(lines: Iterable[Line]) -> Iterator[Line]:
            done = 0
            for line in lines:
                done += line.size + 1
                if line.number % PROGRESS_LINES == 0:
                    progress.update(task, completed=done)
                yield line

        yield moving


def _size(content: BufferedReader) -> int | None:
    """Size of a regular file in bytes; ``None`` for a pipe."""
    try:
        status = os.fstat(content.fileno())
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None
