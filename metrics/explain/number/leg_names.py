"""Names of legs as answers show them: any text can name a leg, and one that a telephone system drew may be a number of
a telephone."""

from __future__ import annotations

import re

from streams.common.vocabulary import Pseudonym

_COUNTED = re.compile(r"[0-9]{0,3}")
"""A leg that is numbered, or has no name: nobody's telephone number is so short."""


def shown_leg(name: str, pseudonym: Pseudonym) -> str:
    """The keyed hash of a leg's name; the number of a numbered leg."""
    return name if _COUNTED.fullmatch(name) else pseudonym(name).hex()
