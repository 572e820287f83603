"""The command line of `veinte` under a clock of the campaign's, or without one of its safeguards.

    python -m tests.faults.campaign.entry worker --member one

``FAULTS_CLOCK`` names a file of eight bytes: milliseconds that the wall clock of this process is ahead, read at each
question, so that the campaign can move it while the process runs. The monotonic clock stays true, as on a machine whose
time is set. ``FAULTS_WITHOUT`` names safeguards to be taken away, for the proof that the campaign finds what they
prevent.
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
import time
from pathlib import Path
from typing import Any

CLOCK, WITHOUT = "FAULTS_CLOCK", "FAULTS_WITHOUT"
MILLISECOND_NS = 1_000_000
FENCE = (
    "elseif stored[1] ~= c.expected_position or stored[2] ~= c.expected_nonce or stored[3] ~= c.expected_number then"
)


def shift_clock(path: Path) -> None:
    """Let the wall clock of this process be ahead by what the file says.

    Before any other module is imported: some keep the function ``time.time`` itself.
    """
    with path.open("r+b") as file:
        offset = mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)
    true_ns, unpack = time.time_ns, struct.Struct("<q").unpack_from

    def time_ns() -> int:
        """The true time and the offset."""
        return true_ns() + int(unpack(offset)[0]) * MILLISECOND_NS

    time.time_ns = time_ns
    time.time = lambda: time_ns() / 1e9


def write_offset(path: Path, offset_ms: int) -> None:
    """Set the clock of every process that reads the file."""
    if not path.exists():
        path.write_bytes(struct.pack("<q", 0))
    with path.open("r+b") as file:
        file.write(struct.pack("<q", offset_ms))


def without_fence() -> None:
    """Let every commit through, whoever committed before it."""
    from streams.store import commit

    if FENCE not in commit.COMMIT_SCRIPT:
        sys.exit("the fence of commit.lua has another text than tests/faults/campaign/entry.py knows; correct FENCE")
    commit.COMMIT_SCRIPT = commit.COMMIT_SCRIPT.replace(FENCE, "elseif false then")


def without_stable_offset() -> None:
    """Take the last stable offset for the end of the log, as if no producer left a transaction open."""
    from streams.worker import consumer, log_end

    true_answer = consumer.ConsumerThread.fetched
    if "stable" not in log_end.Fetched._fields:
        sys.exit("this release does not tell the end of the log from its last stable offset: nothing to take away")

    def answer(thread: Any, tp: Any) -> Any:
        """The broker's last answer, cut at the last stable offset."""
        found: Any = true_answer(thread, tp)
        return None if found is None else found._replace(end=found.stable)

    consumer.ConsumerThread.fetched = answer  # type: ignore[assignment, method-assign]


SAFEGUARDS = {"fence": without_fence, "stable-offset": without_stable_offset}
"""Safeguards that can be taken away, and how."""


def main() -> None:
    """Prepare the process as the environment says, then run the command line."""
    if path := os.environ.pop(CLOCK, ""):
        shift_clock(Path(path))
    for name in filter(None, os.environ.pop(WITHOUT, "").split(",")):
        SAFEGUARDS[name]()
    from metrics.commands.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
