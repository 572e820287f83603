"""Results of ``veinte reconcile`` as stored in Redis, one a topic, from which the exporter makes metrics."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Reconciled(msgspec.Struct, frozen=True):
    """Result of one topic.

    Attributes:
        at_ms: end of the run, wall clock.
        from_ms: start of the range that was compared, epoch ms; ``None`` for all that is kept.
        to_ms: its end, not part of it; ``None`` for all that is kept.
        cells: amounts compared.
        differences: amounts that differ.
    """

    at_ms: int
    from_ms: int | None
    to_ms: int | None
    cells: int
    differences: int


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Reconciled).decode


def encode_results(results: Mapping[str, Reconciled]) -> dict[str, bytes]:
    """Fields of the hash by topic."""
    return {topic: _encode(result) for topic, result in results.items()}


def decode_results(fields: Mapping[bytes, bytes]) -> dict[str, Reconciled]:
    """Results by topic; a field that this release cannot read is left out."""
    found: dict[str, Reconciled] = {}
    for topic, packed in sorted(fields.items()):
        try:
            found[topic.decode()] = _decode(packed)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue  # of another release, and replaced by the next run: no reason to show no numbers at all
    return found
