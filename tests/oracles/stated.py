"""Measures that an oracle states. A new measure may begin with cases worked out by hand, and without an oracle."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

from tests.support.words import Named

_ORACLES = Path(__file__).parent


@cache
def _words() -> frozenset[str]:
    """Words that the oracles write in capitals: the name of a measure, or its beginning."""
    files = _ORACLES.glob("*_oracle.py")
    return frozenset(word for file in files for word in re.findall(r'"([A-Z0-9_]+)"', file.read_text("utf-8")))


@cache
def is_stated(measure: str) -> bool:
    """True if the oracles count the measure of this name, or the sketch ``…_SKETCH``."""
    return any(measure == word or measure.startswith(f"{word}_") for word in _words())


def stated(amounts: Named) -> Named:
    """The amounts of the measures that the oracles state, for a comparison with theirs."""
    return Counter({key: amount for key, amount in amounts.items() if is_stated(key[0])})
