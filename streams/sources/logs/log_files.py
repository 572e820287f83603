"""Reader of log files, line by line; every error names the file and the line."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

from streams.common.errors import UserError
from streams.sources.outgoing import OutgoingEvent

LINE_LIMIT_BYTES = 2 * 1024 * 1024
"""Larger than any record a broker accepts; a longer line means that the file is not text in lines."""
COLUMNS_NAMED = 3
"""Missing columns that an error names; one is enough to recognise the wrong file."""


@dataclass(frozen=True)
class Log:
    """Events of a log file.

    ``events`` can be iterated repeatedly and is in file order; ``count`` is their number, ``newest_ms`` the newest
    event time (``None`` without events). ``left_out`` counts rows without an event, by reason.
    """

    rows: int
    contacts: int
    count: int
    newest_ms: int | None
    events: Iterable[OutgoingEvent]
    left_out: Mapping[str, int]


def log_of(rows: int, contacts: int, events: list[OutgoingEvent], left_out: Mapping[str, int]) -> Log:
    """A log kept in memory."""
    newest_ms = max((event.time_ms for event in events), default=None)
    return Log(rows, contacts, len(events), newest_ms, events, dict(left_out))


class BadLine(ValueError):
    """Error in the line being read; the reader adds file and line."""


def not_as_expected(path: Path, line: int, what: str) -> UserError:
    """Error for an unusable line."""
    return UserError(f"{path}, line {line}: {what}; nothing was sent")


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Line numbers from 1 and lines without their ends.

    Raises:
        UserError: the file cannot be read, is not UTF-8, or has a line over ``LINE_LIMIT_BYTES``.
    """
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(LINE_LIMIT_BYTES + 1):
                number += 1
                if len(line) > LINE_LIMIT_BYTES:
                    raise not_as_expected(path, number, f"longer than {LINE_LIMIT_BYTES} bytes, this is no text file")
                yield number, _decoded(path, number, line).rstrip("\r\n")
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); name an existing file") from None


def _decoded(path: Path, number: int, line: bytes) -> str:
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise not_as_expected(path, number, f"byte {error.start + 1} is not UTF-8") from None


class Table:
    """Rows of a delimited file with a header that includes ``columns``; other columns are ignored.

    Iteration yields ``(row, values)``: the row's number from 1 without the header, and the values of ``columns`` in
    that order, stripped. A row is one line. ``rows`` is the number of rows read so far.

    Raises:
        UserError: the header lacks a column, or a row has another number of fields than the header.
    """

    def __init__(self, path: Path, columns: tuple[str, ...], delimiter: str) -> None:
        self.rows = 0
        self._path = path
        self._columns = columns
        self._delimiter = delimiter

    def __iter__(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        lines = numbered_lines(self._path)
        header = [name.strip() for name in self._split(*next(lines, (1, "")))]
        missing = [name for name in self._columns if name not in header]
        if missing:
            raise not_as_expected(self._path, 1, self._no_columns(missing))
        pick = itemgetter(*(header.index(name) for name in self._columns))
        for number, line in lines:
            fields = self._split(number, line)
            if len(fields) != len(header):
                raise not_as_expected(self._path, number, f"expected {len(header)} fields, found {len(fields)}")
            self.rows = number - 1
            yield self.rows, tuple(field.strip() for field in pick(fields))

    def bad(self, row: int, what: str) -> UserError:
        """Error for a row with unusable values."""
        return not_as_expected(self._path, row + 1, what)

    def _no_columns(self, missing: list[str]) -> str:
        separated = "tab" if self._delimiter == "\t" else "comma"
        named = ", ".join(map(repr, missing[:COLUMNS_NAMED]))
        more = len(missing) - COLUMNS_NAMED
        return f"expected a header of {separated}-separated columns, there is no {named}" + (
            f" and {more} others are missing" if more > 0 else ""
        )

    def _split(self, number: int, line: str) -> list[str]:
        try:
            return next(csv.reader([line], delimiter=self._delimiter, strict=True), [])
        except csv.Error as error:
            raise not_as_expected(self._path, number, f"not a row of delimited fields ({error})") from None
