"""The manners of every benchmark command: one sentence for what is wrong, nothing left behind by Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from streams.common.errors import EXIT_USER_ERROR, UserError

EXIT_INTERRUPTED = 130


class Parser(argparse.ArgumentParser):
    """Answers wrong arguments with one sentence; ``description`` is shown as it is written."""

    def __init__(self, program: str, description: str | None) -> None:
        super().__init__(
            prog=f"python -m {program}",
            description=description,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and end with the status of a mistake of the caller."""
        self.exit(EXIT_USER_ERROR, f"{self.prog}: {message}; --help lists the options\n")


def whole_number(text: str) -> int:
    """An argument that must be 1 or more."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of 1 or more")
    return int(text)


def whole_numbers(text: str) -> list[int]:
    """An argument of several such numbers, separated by commas."""
    return [whole_number(part.strip()) for part in text.split(",")]


def end_with(work: Callable[[], int | None]) -> NoReturn:
    """Do the work of a command and end the process with its exit status.

    SIGTERM ends the work as Ctrl-C does, so that servers and checkouts are cleared away.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    try:
        sys.exit(work())
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(EXIT_USER_ERROR)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)


def say(text: str) -> None:
    """Report progress, apart from the results on standard output."""
    print(f"  {text}", file=sys.stderr, flush=True)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
