"""The Faust app without a broker."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from streams.worker.app import create_app
from tests.support.boards import settings


def test_a_start_makes_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept on disk, so a worker and a rebuild start where they may not write, and litter nowhere."""
    monkeypatch.chdir(tmp_path)

    async def start() -> None:
        await create_app(settings(tmp_path), "group").on_first_start()

    asyncio.run(start())
    assert [] == list(tmp_path.iterdir())
