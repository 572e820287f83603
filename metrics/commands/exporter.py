"""`veinte exporter`: the numbers in Redis for Prometheus, and as JSON."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add `veinte exporter`."""
    app.command()(exporter)


def exporter(
    log_level: Annotated[str, typer.Option("--log-level", help="debug, info, warning or error.")] = "info",
) -> None:
    """Serve /metrics and /api/v1/snapshot from what is in Redis, until Ctrl-C."""
    import asyncio

    from metrics.exporter.server import serve
    from metrics.read.head_watch import HeadWatch
    from metrics.read.reader import Reader
    from streams.commands.logs import configure_logging
    from streams.config.settings import load_settings

    configure_logging(log_level)
    settings = load_settings()
    watch = HeadWatch(settings.clock_limit)
    asyncio.run(serve(settings, lambda: Reader(settings, watch), _say))


def _say(address: str) -> None:
    print(f"exporter listens on {address} (metrics: {address}metrics)", flush=True)
