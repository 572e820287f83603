"""One target under atheris, which looks for inputs that reach new lines: ``python -m tests.fuzz.by_coverage TARGET
SECONDS``. A process of its own, because atheris ends it."""

from __future__ import annotations

import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.fuzz.kept import corpus, keeping

LONGEST_BYTES = 16_384


def main(target: str, seconds: str) -> None:
    """Fuzz the target for so long."""
    atheris: Any = import_module("atheris")  # it has no types, and does not install everywhere
    with atheris.instrument_imports(include=["streams", "metrics"]):
        targets = import_module("tests.fuzz.targets").TARGETS
    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(corpus(target)):
            (Path(folder) / str(number)).write_bytes(data)
        options = [
            f"-max_total_time={seconds}",
            f"-max_len={LONGEST_BYTES}",
            "-print_final_stats=1",
            f"-artifact_prefix={folder}/",
        ]
        atheris.Setup([sys.argv[0], *options, folder], keeping(target, targets[target]))
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
