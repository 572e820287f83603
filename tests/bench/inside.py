"""Runs within one checkout, on the packages of that checkout only: ``inside.py FOLDER MODULES TASK ARGUMENT…``.

The other benchmark modules start it (``tests.bench.sides``); it imports none of them. What it prints has names where
Redis has codes, so that two versions can be compared whatever their codes are.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

MODULES: dict[str, str] = {}
"""Where this checkout has what is needed (``tests.bench.checkouts.MODULES``)."""


def module(part: str) -> Any:
    """A module of the checkout."""
    return import_module(MODULES[part])


def run_command_line(*arguments: str) -> None:
    """The command ``veinte`` of the checkout."""
    sys.argv = ["veinte", *arguments]
    module("command line").main()


def print_names(namespace: str, partitions: str) -> None:
    """The topics that the worker reads, and the Redis keys of each of their partitions."""
    topics, keys = module("topics"), module("keys")
    found = {
        topic: [keys.partition_keys(namespace, 0, topic, number)._asdict() for number in range(int(partitions))]
        for topic in topics.FOLDED
    }
    print(json.dumps({"inputs": list(topics.INPUTS), "keys": found}))


TASKS = {
    "veinte": run_command_line,
    "names": print_names,
}


def main() -> None:
    """Check whose packages are imported, then do the task."""
    folder, modules, task, *arguments = sys.argv[1:]
    MODULES.update(json.loads(modules))
    for package in ("streams", "metrics"):
        origin = str(import_module(package).__file__)
        if Path(folder) not in Path(origin).parents:
            raise SystemExit(f"{package} was imported from {origin} and not from {folder}")
    TASKS[task](*arguments)


if __name__ == "__main__":
    main()
