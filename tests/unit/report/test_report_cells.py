"""Cells of CSV: no text becomes a formula in a spreadsheet, and no number changes."""

from __future__ import annotations

from typing import Any

import pytest

from metrics.report.cells import inert


@pytest.mark.parametrize(
    "value, expected",
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'\t=1"),
        ("  =1", "'  =1"),
        ("\u00a0=1", "'\u00a0=1"),
        ("\uff1d1", "'\uff1d1"),
        ("sales", "sales"),
        ("*", "*"),
        ("", ""),
        (-1, -1),
        (-0.5, -0.5),
        (None, None),
    ],
)
def test_texts_and_numbers(value: Any, expected: Any) -> None:
    """A text that a spreadsheet would run begins with an apostrophe."""
    assert expected == inert(value)
