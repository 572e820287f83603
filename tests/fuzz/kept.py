"""Inputs of fuzzing that are kept: those that have failed once, or reach far."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

CORPUS = Path(__file__).with_name("corpus")


def corpus(target: str) -> Iterator[bytes]:
    """The inputs that are kept for a target."""
    for path in sorted(CORPUS.glob(f"{target}-*")):
        yield path.read_bytes()


def keeping(target: str, run: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """The target's function, which keeps the input that it fails with."""

    def guarded(data: bytes) -> None:
        try:
            run(data)
        except Exception:
            path = CORPUS / f"{target}-{sha256(data).hexdigest()[:12]}"
            path.write_bytes(data)
            print(f"kept as {path}", file=sys.stderr)
            raise

    return guarded
