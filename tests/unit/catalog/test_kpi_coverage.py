"""The table of what holds each KPI would show what is missing; that nothing is missing, and that the page is current,
is what ``make check`` asks of its generator."""

from __future__ import annotations

from pathlib import Path

import pytest

from metrics.catalog import CATALOG
from streams.common.languages import Language
from tests.support import kpi_coverage
from tests.support.covers import Covered, CoveringTest, covering_tests
from tests.support.kpi_coverage import MISSING, api_cell, docs_cell, links, main, metrics_cell, rows
from tests.support.kpi_rows import CONTRACT, Row

LUCK = Row("contact_center_luck_ratio")
FIRST = Row("contact_center_first_response_within_ratio", {"limit": "target"})


def test_every_kpi_has_a_row() -> None:
    """Nothing of the catalogue is left out of the table, and no row is of a KPI that is gone."""
    assert {kpi.name for kpi in CATALOG} == {row.name for row in rows()}


@pytest.mark.parametrize(
    "row",
    [
        LUCK,
        Row("contact_center_service_level_ratio", {"variant": "strict generous"}),
        Row("contact_center_redial_ratio", {"topic": "*"}),
        Row("contact_center_abandonment_ratio", windows="1h 2h"),
        Row("contact_center_contacts_waiting", windows="1h"),
    ],
    ids=str,
)
def test_what_is_not_shown_is_missing(row: Row) -> None:
    """A name, a label, a value or a window that no series has is reported, in Prometheus and in the API."""
    assert (MISSING, MISSING) == (metrics_cell(row), api_cell(row))


def test_what_nobody_covers_is_missing() -> None:
    """A KPI that no test covers has neither vector nor property, and one without its section in the docs says so."""
    assert (MISSING, MISSING) == (links(LUCK, properties=False), links(LUCK, properties=True))
    assert MISSING == docs_cell(LUCK.name, Language.SPANISH)


@pytest.mark.parametrize(
    "text,expected",
    [
        (FIRST.name, True),
        (f"{FIRST.name}{{limit=target}}", True),
        (f"{FIRST.name}{{limit=15m|target}}", True),
        (f"{FIRST.name}{{limit=15m|24h}}", False),
        (f"{FIRST.name}{{queue=sales}}", False),
        (LUCK.name, False),
    ],
)
def test_what_a_test_covers(text: str, expected: bool) -> None:
    """A name stands for all of its rows; with labels, for those that have one of the values of each."""
    assert expected == Covered.parse(text).includes(FIRST)


def test_the_decorator_is_found_with_the_kind_of_the_test() -> None:
    """A test of Hypothesis covers as a property, every other one as a vector."""
    found = {test.name: test.is_property for test in covering_tests()}
    assert (True, False) == (found["test_percentiles_are_within_1_percent"], found["test_walks"])


def test_the_check_fails_where_something_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A page that is current and shows a gap is refused, and the row is named."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(kpi_coverage, "CONTRACT", (LUCK, *CONTRACT))
    assert 0 == main([])
    assert 1 == main(["--check"])
    assert "missing for `contact_center_luck_ratio`;" in capsys.readouterr().out


def test_the_check_fails_where_a_test_covers_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A test that names a KPI which is gone, or a value that no row has, is named and refused."""
    gone = CoveringTest(Path("tests/test_luck.py"), "test_luck", False, (Covered.parse(f"{FIRST.name}{{limit=1h}}"),))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(kpi_coverage, "covering_tests", lambda: (*covering_tests(), gone))
    assert 0 == main([])
    assert 1 == main(["--check"])
    assert f"tests/test_luck.py::test_luck covers {FIRST.name}{{limit=1h}}, of which" in capsys.readouterr().out
