"""Names and identifiers of persons as they are stored (events.md, "Names and people"). Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from unicodedata import normalize

ANONYMOUS = frozenset({"anonymous", "unknown", "private", "unavailable", "restricted", "withheld", "none", "null", "0"})
"""Words that systems write in place of a withheld number, in lower case."""
PHONE_DIGITS = 7
"""Fewest digits of a telephone number."""
NAMES_REMEMBERED = 20_000

_DROPPED = re.compile("[\u200b\ufeff]")
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, line and paragraph separators, surrogates and bidirectional controls."""
_PHONE = re.compile(r"[+0-9()./\-\s]+")
_NO_DIGIT = re.compile("[^0-9]")


class InvalidName(ValueError):
    """A name with a character that no name may have; the message names the character."""


@lru_cache(maxsize=NAMES_REMEMBERED)
def clean_name(name: str) -> str:
    """``name`` in NFC and trimmed, without U+200B and U+FEFF; "" for a blank one.

    Raises:
        InvalidName: it holds a control character, a line or paragraph separator, a surrogate or a bidirectional
            control. Names that look alike and differ would be two queues on a wallboard.
    """
    name = _DROPPED.sub("", name)
    bad = _FORBIDDEN.search(name)
    if bad is not None:
        raise InvalidName(f"holds the invisible character U+{ord(bad[0]):04X}")
    return normalize("NFC", name.strip())


def printable(name: str) -> str:
    """``name`` with each character that no new name may have escaped like U+001B in Python's source: safe to print."""
    return _FORBIDDEN.sub(lambda bad: bad[0].encode("unicode_escape").decode(), name)


def customer_identity(customer: str, anonymous: frozenset[str] = ANONYMOUS) -> str:
    """The identifier that stands for a customer; "" for nobody.

    Spellings of one telephone number are one customer: of an identifier written only in ``+ 0–9 ( ) . - /`` and blanks
    with at least ``PHONE_DIGITS`` digits, the digits count, without a leading 00. Of all others blanks at the ends do
    not count.

    Args:
        customer: as the event has it.
        anonymous: words that mean nobody, in lower case.
    """
    customer = customer.strip()
    if customer.isalpha() or not _PHONE.fullmatch(customer):
        return "" if customer.lower() in anonymous else customer
    if customer in anonymous:
        return ""
    digits = _NO_DIGIT.sub("", customer)
    return digits.removeprefix("00") if len(digits) >= PHONE_DIGITS else customer
