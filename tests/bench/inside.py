"""Runs within one checkout, on the packages of that checkout only: ``inside.py FOLDER MODULES TASK ARGUMENT…``.

The other benchmark modules start it (``tests.bench.sides``); it imports none of them. What it prints has names where
Redis has codes, so that two versions can be compared whatever their codes are.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
from redis import Redis

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


def print_numbers() -> None:
    """Every slice, counter and live entry of the namespace of the settings, a JSON document a line."""
    measures, live = module("measures"), module("live entries")
    known = {
        "measure": _names(measures.Measure),
        "sketch": _names(measures.Sketch),
        "tier": [tier.letter for tier in measures.TIERS],
        "live": {kind.name.lower(): list(entry.__struct_fields__) for kind, entry in live.ENTRY_TYPES.items()},
    }
    print(json.dumps(known))
    slices: defaultdict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    encode = msgspec.json.Encoder().encode
    for names, fields in _partitions():
        for raw, value in fields.items():
            field = raw.decode()
            if field[0].isupper():
                sys.stdout.write(encode(_live_entry(field, value, names)).decode() + "\n")
            else:
                if field[0] == measures.TOTALS:
                    tier, start_ms, row = measures.TOTALS, 0, int(field[1:])
                else:
                    width, start_ms, row = measures.parse_slice_field(field)
                    tier = width.letter
                cells = slices[tier, start_ms, *names[row]]
                for cell, amount in _cells(value, names):
                    cells[cell] += amount
    for at, cells in slices.items():
        sys.stdout.write(encode({"at": at, "cells": cells}).decode() + "\n")


def _names(members: Any) -> list[str]:
    return [member.name.lower() for member in members]


def _keys_in_force(client: Any, settings: Any) -> Iterator[tuple[str, Any]]:
    """Topic and Redis keys of every partition."""
    topics, keys = module("topics"), module("keys")
    generation = int(client.get(keys.generation_key(settings.namespace)) or 0)
    for topic in topics.FOLDED:
        for number in range(settings.partitions):
            yield topic, keys.partition_keys(settings.namespace, generation, topic, number)


def _partitions() -> Iterator[tuple[dict[int, Any], dict[bytes, bytes]]]:
    """The registry (a row is channel, queue and medium) and the fields of each partition."""
    settings, topics, measures = module("settings").load_settings(), module("topics"), module("measures")
    client: Any = Redis.from_url(settings.redis.get_secret_value())
    for topic, keys in _keys_in_force(client, settings):
        names: dict[int, Any] = {}
        for raw, identity in client.hgetall(keys.names).items():
            name = raw.decode()
            if name.startswith(measures.ROW_PREFIX):
                queue, medium, channel = measures.parse_row_name(name)
                names[int(identity)] = (channel or topics.CHANNEL_OF[topic], queue, medium)
            else:
                names[int(identity)] = name.removeprefix(measures.DIMENSION_PREFIX)
        yield names, client.hgetall(keys.numbers)
    client.close()


def _cells(packed: bytes, names: dict[int, Any]) -> Iterator[tuple[str, int]]:
    """The cells of a slice, each as kind, name and dimension or bucket, tab-separated; composite counters are taken
    apart."""
    measures, sketches = module("measures"), module("sketches")
    parts = module("composite counters").parts
    for code, amount in module("cells").decode_cells(packed).items():
        for part in parts(code):
            if part < 0:
                sketch, bucket = sketches.split_sketch_cell(part)
                yield f"sketch\t{measures.Sketch(sketch).name.lower()}\t{bucket}", amount
            else:
                measure, dimension = measures.split_cell(part)
                value = names[dimension] if dimension else ""
                yield f"measure\t{measures.Measure(measure).name.lower()}\t{value}", amount


def _live_entry(field: str, packed: bytes, names: dict[int, Any]) -> dict[str, Any]:
    """One live entry; its row by name, pseudonyms as hexadecimal digits."""
    live, measures = module("live entries"), module("measures")
    kind = live.Live(field[0])
    subject, _, leg = field[1:].partition(measures.SEPARATOR)
    entry = msgspec.structs.asdict(msgspec.msgpack.decode(packed, type=live.ENTRY_TYPES[kind]))
    if "row" in entry:
        entry["row"] = names[entry["row"]]
    values = {name: value.hex() if isinstance(value, bytes) else value for name, value in entry.items()}
    return {"live": [kind.name.lower(), subject, leg], "values": values}


TASKS = {
    "veinte": run_command_line,
    "names": print_names,
    "numbers": print_numbers,
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
