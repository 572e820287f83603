"""``make fuzz``: any bytes through the targets, for as long as one likes.

With atheris, where it could be installed, inputs are found by the lines that they reach; without it Hypothesis draws
them. An input that fails is printed and kept in ``tests/fuzz/corpus``, where ``make check`` tries it again.

  make fuzz
  make fuzz ARGS="--seconds 3600 decoder"
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).with_name("corpus")
LONGEST_BYTES = 16_384
FOLDERS = ("streams", "metrics")


def corpus(target: str) -> Iterator[bytes]:
    """The inputs that are kept for a target."""
    for path in sorted(CORPUS.glob(f"{target}-*")):
        yield path.read_bytes()


def _keep(target: str, data: bytes) -> None:
    path = CORPUS / f"{target}-{sha256(data).hexdigest()[:12]}"
    path.write_bytes(data)
    print(f"kept as {path}", file=sys.stderr)


def _guarded(target: str) -> Callable[[bytes], None]:
    """The target, which keeps the input that it fails with."""

    def run(data: bytes) -> None:
        try:
            TARGETS[target](data)
        except BaseException:
            _keep(target, data)
            raise

    return run


def _by_coverage(target: str, seconds: int) -> None:
    """Run atheris in this process; it ends the process by itself."""
    atheris: Any = import_module("atheris")  # it has no types, and is not there everywhere

    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(corpus(target)):
            (Path(folder) / str(number)).write_bytes(data)
        atheris.instrument_all()
        options = [f"-max_total_time={seconds}", f"-max_len={LONGEST_BYTES}", "-print_final_stats=1", "-verbosity=1"]
        atheris.Setup([sys.argv[0], *options, folder], _guarded(target))
        atheris.Fuzz()


def _by_hypothesis(target: str, seconds: int) -> int:
    """Run Hypothesis; gives the number of inputs."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st

    from tests.fuzz.inputs import inputs

    tried = 0
    until = time.monotonic() + seconds

    @settings(
        max_examples=500,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of(inputs(target)))
    def once(data: bytes) -> None:
        nonlocal tried
        tried += 1
        _guarded(target)(data)

    while time.monotonic() < until:
        once()
    return tried


def main() -> int:
    """Fuzz every target, or those that are named, an equal share of the time each."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=300, help="in all; default: 300")
    parser.add_argument("--alone", help=argparse.SUPPRESS)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"default: {' '.join(TARGETS)}")
    asked = parser.parse_args()
    if asked.alone:
        _by_coverage(asked.alone, asked.seconds)
    unknown = set(asked.targets) - set(TARGETS)
    if unknown:
        parser.error(f"no target {', '.join(sorted(unknown))}; choose from {', '.join(TARGETS)}")
    chosen = asked.targets or list(TARGETS)
    share = max(1, asked.seconds // len(chosen))
    failed = []
    for target in chosen:
        print(f"== {target}: {share} s", file=sys.stderr, flush=True)
        if _has_atheris():
            command = [sys.executable, "-m", "tests.fuzz", "--alone", target, "--seconds", str(share)]
            ended = subprocess.run(command, check=False, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
            if ended.returncode:
                failed.append(target)
        else:
            print(f"{_by_hypothesis(target, share):,} inputs, drawn by Hypothesis", file=sys.stderr)
    print(f"failed: {', '.join(failed)}" if failed else "nothing failed", file=sys.stderr)
    return 1 if failed else 0


def _has_atheris() -> bool:
    return find_spec("atheris") is not None


if __name__ == "__main__":
    sys.exit(main())
