"""``make fuzz``: any bytes through the targets, for as long as one likes.

With atheris, where it installs, inputs are found by the lines that they reach; without it Hypothesis draws them. An
input that fails is kept in ``tests/fuzz/corpus``, where ``make check`` tries it again.

  make fuzz
  make fuzz ARGS="--seconds 3600 decoder"
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from importlib.util import find_spec

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.fuzz.inputs import inputs
from tests.fuzz.kept import keeping
from tests.fuzz.targets import TARGETS


def _by_hypothesis(target: str, seconds: int) -> int:
    """Draw inputs for so long; gives their number."""
    tried = 0
    until = time.monotonic() + seconds
    run = keeping(target, TARGETS[target])

    @settings(
        max_examples=200,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of(inputs(target)))
    def once(data: bytes) -> None:
        nonlocal tried
        tried += 1
        run(data)

    while time.monotonic() < until:
        once()
    return tried


def main() -> int:
    """Fuzz every target, or those that are named, an equal share of the time each."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=str(__doc__).partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=300, help="in all; default: 300")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"default: {' '.join(TARGETS)}")
    asked = parser.parse_args()
    unknown = set(asked.targets) - set(TARGETS)
    if unknown:
        parser.error(f"no target {', '.join(sorted(unknown))}; choose from {', '.join(TARGETS)}")
    chosen = asked.targets or list(TARGETS)
    share = max(1, asked.seconds // len(chosen))
    by_coverage = find_spec("atheris") is not None
    failed = []
    for target in chosen:
        print(f"== {target}: {share} s", file=sys.stderr, flush=True)
        if by_coverage:
            command = [sys.executable, "-m", "tests.fuzz.by_coverage", target, str(share)]
            if subprocess.run(command, check=False).returncode:
                failed.append(target)
        else:
            print(f"{_by_hypothesis(target, share):,} inputs, drawn by Hypothesis", file=sys.stderr)
    print(f"failed: {', '.join(failed)}" if failed else "nothing failed", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
