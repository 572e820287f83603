"""The table of what holds each KPI is whole, and would show what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from metrics.catalog import CATALOG
from streams.common.languages import Language
from tests.support import kpi_coverage
from tests.support.kpi_coverage import GENERATED, MISSING, api_cell, cells_of, docs_cell, held_by, main, metrics_cell
from tests.support.kpi_rows import CONTRACT, OURS, Row
from tests.support.kpi_tests import KPI_TESTS
from tests.support.paths import ROOT

ROWS = (*CONTRACT, *OURS)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_nothing_is_missing(row: Row) -> None:
    """Each row is implemented, tested by a vector and a property, shown in both places and explained twice."""
    assert [] == [cell for cell in cells_of(row) if MISSING in cell]


def test_every_kpi_has_a_row_and_every_row_its_tests() -> None:
    """Nothing of the catalogue is left out of the table, and no test is named for a row that is gone."""
    assert {kpi.name for kpi in CATALOG} == {row.name for row in ROWS}
    assert {str(row) for row in ROWS} == set(KPI_TESTS)


@pytest.mark.parametrize(
    "row",
    [
        Row("contact_center_luck_ratio"),
        Row("contact_center_service_level_ratio", {"variant": "strict generous"}),
        Row("contact_center_redial_ratio", {"topic": "*"}),
        Row("contact_center_abandonment_ratio", windows="1h 2h"),
        Row("contact_center_contacts_waiting", windows="1h"),
    ],
    ids=str,
)
def test_what_is_not_shown_is_missing(row: Row) -> None:
    """A name, a label, a value or a window that no series has is told, in Prometheus and in the API."""
    assert (MISSING, MISSING) == (metrics_cell(row), api_cell(row))


def test_what_is_not_named_or_not_there_is_missing() -> None:
    """A test that was renamed is missing, as is a row without any, and a KPI without its section in the docs."""
    assert MISSING == held_by(())
    assert f"{MISSING} test_luck" == held_by(["tests/unit/catalog/test_catalog.py::test_luck"])
    assert f"{MISSING} test_luck" == held_by(["tests/unit/test_nowhere.py::test_luck"])
    assert "**" not in held_by(["tests/unit/catalog/test_catalog.py::test_every_measure_has_a_name_in_both_languages"])
    assert MISSING == docs_cell("contact_center_luck_ratio", Language.SPANISH)


def test_the_check_fails_where_something_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A page that is current and shows a gap is refused, and the row is named."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(kpi_coverage, "CONTRACT", (Row("contact_center_luck_ratio"), CONTRACT[0]))
    monkeypatch.setattr(kpi_coverage, "OURS", ())
    assert 0 == main([])
    assert 1 == main(["--check"])
    assert "`contact_center_luck_ratio`;" in capsys.readouterr().out


@pytest.mark.parametrize("path", GENERATED, ids=str)
def test_the_committed_table_is_current(path: Path) -> None:
    """The page in docs/ is what its generator makes."""
    assert GENERATED[path]() == (ROOT / path).read_text(encoding="utf-8")
