"""Fixture of every fault test: no process may outlive the run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.processes import children


@pytest.fixture(scope="session", autouse=True)
def _no_process_stays() -> Iterator[None]:
    """After the last test the run has no process left: no worker, no Kafka, no Redis."""
    before = {process.pid for process in children()}
    yield
    assert [] == [process for process in children() if process.pid not in before]
