"""`veinte exporter`: the numbers in Redis for Prometheus, and as JSON."""

from __future__ import annotations

import logging

import typer


def register(app: typer.Typer) -> None:
    """Add `veinte exporter`."""
    app.command()(exporter)


def exporter() -> None:
    """Serve /metrics and /api/v1/snapshot from what is in Redis, until Ctrl-C."""
    import asyncio

    from metrics.reader import Reader

    from metrics.server import serve
    from streams.settings import load_settings

    settings = load_settings()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    asyncio.run(serve(settings, lambda: Reader(settings), _say))


def _say(address: str) -> None:
    print(f"exporter listens on {address} (metrics: {address}metrics)", flush=True)
