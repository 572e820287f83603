"""Cells of text for spreadsheets, which take some texts for formulas."""

from __future__ import annotations

from typing import Any

FORMULA_BEGINS = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""First characters of a text that a spreadsheet may run as a formula, those of full width included."""
BLANKS = " \u00a0\u200b\u3000\ufeff"
"""Characters that a spreadsheet may pass over at the beginning."""


def inert(value: Any) -> Any:
    """A value for a cell of CSV: a text that would be a formula begins with an apostrophe; a number is unchanged."""
    if not isinstance(value, str):
        return value
    return f"'{value}" if value.lstrip(BLANKS)[:1] in FORMULA_BEGINS else value
