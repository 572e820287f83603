"""Runs within one checkout, on the packages of that checkout only: ``inside.py FOLDER MODULES TASK ARGUMENT…``.

The other benchmark modules start it (``tests.bench.sides``); it imports none of them. What it prints has names where
Redis has codes, so that two versions can be compared whatever their codes are.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
from redis import Redis

MODULES: dict[str, str] = {}
"""Where this checkout has what is needed (``tests.bench.checkouts.MODULES``)."""
TOUCHED = 20
"""Fields of a partition that change between two readings of the exporter."""
WARM_UP = 3
"""Readings after the first that are not measured."""


def module(part: str) -> Any:
    """A module of the checkout."""
    return import_module(MODULES[part])


def run_command_line(*arguments: str) -> None:
    """The command ``veinte`` of the checkout."""
    sys.argv = ["veinte", *arguments]
    module("command line").main()


def run_timed_exporter(times: str) -> None:
    """The exporter, which notes CPU seconds of each rendering of /metrics as a line of the file ``times``."""
    page = module("metrics page").MetricsPage
    render = page.render

    def timed(self: Any, *arguments: Any) -> Any:
        began = time.thread_time()
        body = render(self, *arguments)
        with Path(times).open("a") as into:
            into.write(f"{time.thread_time() - began}\n")
        return body

    page.render = timed
    run_command_line("exporter")


def print_names(namespace: str, partitions: str) -> None:
    """The topics that the worker reads, and the Redis keys of each of their partitions."""
    topics, keys = module("topics"), module("keys")
    found = {
        topic: [keys.partition_keys(namespace, 0, topic, number)._asdict() for number in range(int(partitions))]
        for topic in topics.FOLDED
    }
    print(json.dumps({"inputs": list(topics.INPUTS), "keys": found}))


RENAMED = {"stale_ms": "ghost_ms"}
"""Fields of live entries that an earlier release called otherwise."""


class _Algebra:
    """Names for the codes of a checkout: of measures, sketches and live entries."""

    def __init__(self) -> None:
        algebra, codes, sketches = module("algebra"), module("codes"), module("sketches")
        if hasattr(algebra, "DOMAINS"):
            self.measures = {code: measure.name.lower() for code, measure in algebra.MEASURES.items()}
            self.sketches = {number: sketch.name.lower() for number, sketch in algebra.SKETCHES.items()}
            types = [entry for domain in algebra.DOMAINS for entry in domain.live]
            self.entries = {entry.letter: (_snake(entry.__name__), entry) for entry in types}
            self.split_measure, self.split_sketch = codes.split_code, sketches.split_sketch_code
        else:
            self.measures = {int(measure): measure.name.lower() for measure in algebra.Measure}
            self.sketches = {int(sketch): sketch.name.lower() for sketch in algebra.Sketch}
            self.entries = {str(kind): (kind.name.lower(), entry) for kind, entry in algebra.ENTRY_TYPES.items()}
            self.split_measure, self.split_sketch = codes.split_cell, sketches.split_sketch_cell


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).removeprefix("_")


def print_numbers() -> None:
    """Every slice, counter and live entry of the namespace of the settings, a JSON document a line."""
    algebra, tiers = _Algebra(), module("tiers")
    known = {
        "measure": list(algebra.measures.values()),
        "sketch": list(algebra.sketches.values()),
        "tier": [tier.letter for tier in tiers.TIERS],
        "live": {
            name: [RENAMED.get(field, field) for field in entry.__struct_fields__]
            for name, entry in algebra.entries.values()
        },
    }
    print(json.dumps(known))
    slices: defaultdict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    encode = msgspec.json.Encoder().encode
    for names, fields in _partitions():
        for raw, value in fields.items():
            field = raw.decode()
            if field[0].isupper():
                sys.stdout.write(encode(_live_entry(field, value, names, algebra)).decode() + "\n")
            else:
                if field[0] == tiers.TOTALS:
                    tier, start_ms, row = tiers.TOTALS, 0, int(field[1:])
                else:
                    width, start_ms, row = tiers.parse_slice_field(field)
                    tier = width.letter
                cells = slices[tier, start_ms, *names[row]]
                for cell, amount in _cells(value, names, algebra):
                    cells[cell] += amount
    for at, cells in slices.items():
        sys.stdout.write(encode({"at": at, "cells": cells}).decode() + "\n")


def _keys_in_force(client: Any, settings: Any) -> Iterator[tuple[str, Any]]:
    """Topic and Redis keys of every partition."""
    topics, keys = module("topics"), module("keys")
    generation = int(client.get(keys.generation_key(settings.namespace)) or 0)
    for topic in topics.FOLDED:
        for number in range(settings.partitions):
            yield topic, keys.partition_keys(settings.namespace, generation, topic, number)


def _partitions() -> Iterator[tuple[dict[int, Any], dict[bytes, bytes]]]:
    """The registry (a row is channel, queue and medium) and the fields of each partition."""
    settings, topics, spelled = module("settings").load_settings(), module("topics"), module("names")
    client: Any = Redis.from_url(settings.redis.get_secret_value())
    for topic, keys in _keys_in_force(client, settings):
        names: dict[int, Any] = {}
        for raw, identity in client.hgetall(keys.names).items():
            name = raw.decode()
            if name.startswith(spelled.ROW_PREFIX):
                queue, medium, channel = spelled.parse_row_name(name)
                names[int(identity)] = (channel or topics.CHANNEL_OF[topic], queue, medium)
            else:
                names[int(identity)] = name.removeprefix(spelled.DIMENSION_PREFIX)
        yield names, client.hgetall(keys.numbers)
    client.close()


def _cells(packed: bytes, names: dict[int, Any], algebra: _Algebra) -> Iterator[tuple[str, int]]:
    """The cells of a slice, each as kind, name and dimension or bucket, tab-separated; composite counters are taken
    apart."""
    parts = module("composite counters").parts
    for code, amount in module("cells").decode_cells(packed).items():
        for part in parts(code):
            if part < 0:
                sketch, bucket = algebra.split_sketch(part)
                yield f"sketch\t{algebra.sketches[sketch]}\t{bucket}", amount
            else:
                measure, dimension = algebra.split_measure(part)
                value = names[dimension] if dimension else ""
                yield f"measure\t{algebra.measures[measure]}\t{value}", amount


def _live_entry(field: str, packed: bytes, names: dict[int, Any], algebra: _Algebra) -> dict[str, Any]:
    """One live entry; its row by name, pseudonyms as hexadecimal digits."""
    kind, type_of_entry = algebra.entries[field[0]]
    subject, _, leg = field[1:].partition(module("names").SEPARATOR)
    entry = msgspec.structs.asdict(msgspec.msgpack.decode(packed, type=type_of_entry))
    if "row" in entry:
        entry["row"] = names[entry["row"]]
    values = {
        RENAMED.get(name, name): value.hex() if isinstance(value, bytes) else value for name, value in entry.items()
    }
    return {"live": [kind, subject, leg], "values": values}


class _ReaderAt:
    """The reader of the checkout, by a wall clock that is set by hand."""

    def __init__(self, settings: Any, wall_ms: int) -> None:
        self._reader = module("reader").Reader(settings)
        self.wall_ms = wall_ms

    def refresh(self) -> Any:
        """Read what changed."""
        return self._reader.refresh(self.wall_ms)

    @property
    def judging(self) -> Any:
        """The settings of the numbers, where the checkout knows them."""
        return getattr(self._reader, "judging", None)

    @property
    def history(self) -> Any:
        """The last weeks, which the planning reads."""
        return self._reader.history


def print_scrapes(readings: str, start_ms: str, step_ms: str) -> None:
    """CPU seconds of an exporter: of its first reading, and for each of ``readings`` more.

    Between two readings a few fields of each partition change, and the wall clock, which begins at ``start_ms``, moves
    by ``step_ms``. Reading includes what the exporter plans between two readings.
    """
    settings = module("settings").load_settings()
    latest, api = module("latest snapshot"), module("snapshot document")
    reader = _ReaderAt(settings, int(start_ms))
    made = getattr(latest, "LatestSnapshot", None) or latest.Board
    board = made(lambda: reader.wall_ms)
    refresher = latest.Refresher(board, lambda: reader, settings)
    page, everything = module("metrics page").MetricsPage(settings), api.Query()
    spent: defaultdict[str, list[float]] = defaultdict(list)
    answers: dict[str, bytes] = {}
    rows = 0
    commit = _recommit(settings)
    for _ in range(1 + WARM_UP + int(readings)):
        commit()
        reader.wall_ms += int(step_ms)
        began = time.process_time()
        refresher.turn()
        spent["reading"].append(time.process_time() - began)
        view = board.view()
        if view is None:
            raise SystemExit(f"the exporter could not read Redis: {board.problem}")
        rows = len(view.snapshot.rows)
        began = time.process_time()
        answers["metrics page"] = page.render(view, board.unread())
        spent["metrics page"].append(time.process_time() - began)
        began = time.process_time()
        answers["snapshot document"] = msgspec.json.encode(api.document(view, settings, everything))
        spent["snapshot document"].append(time.process_time() - began)
    means = {part: sum(seconds[1 + WARM_UP :]) / int(readings) for part, seconds in spent.items()}
    sizes = {part: len(answer) for part, answer in answers.items()}
    print(json.dumps({"rows": rows, "bytes": sizes, "cpu": {"first reading": spent["reading"][0], **means}}))


def _recommit(settings: Any) -> Callable[[], None]:
    """Gives what marks the newest fields of each partition as changed by one more commit; their values stay."""
    client: Any = Redis.from_url(settings.redis.get_secret_value())
    parse, letters = module("tiers").parse_slice_field, module("tiers").TIER_OF
    changing = []
    for _, keys in _keys_in_force(client, settings):
        fields = [raw.decode() for raw in client.hkeys(keys.numbers)]
        slices = sorted((field for field in fields if field[0] in letters), key=lambda field: -parse(field)[1])
        live = [field for field in fields if field[0].isupper()]
        if client.exists(keys.head):
            changing.append((keys, [*slices[:TOUCHED], *live[:TOUCHED]]))

    def commit() -> None:
        for keys, fields in changing:
            number = client.hincrby(keys.head, "number", 1)
            if fields:
                client.zadd(keys.changed, dict.fromkeys(fields, number))

    return commit


TASKS: dict[str, Callable[..., None]] = {
    "veinte": run_command_line,
    "timed exporter": run_timed_exporter,
    "names": print_names,
    "numbers": print_numbers,
    "scrapes": print_scrapes,
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
