"""Progress bar of a download."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def download_bar(title: str, size_bytes: int) -> Iterator[Callable[[int], None]]:
    """Context with a function to call with the number of new bytes; the bar is shown if standard error is a
    terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(f"Downloading {title}", total=size_bytes)
        yield lambda count: progress.advance(task, count)
