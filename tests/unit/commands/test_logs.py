"""Logs of the long-running commands."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from metrics.exporter.server import Exporter
from metrics.web.latest import LatestSnapshot
from streams.commands.logs import LEVELS, OURS, configure_logging, in_one_line
from streams.common.errors import UserError
from tests.support.boards import settings


def test_an_unknown_level_is_refused() -> None:
    """The sentence names the levels there are."""
    with pytest.raises(UserError, match="choose one of debug, info, warning, error"):
        configure_logging("loud")


CLIENTS = ("kafka", "kafka.net.connection", "aiokafka.producer", "faust", "mode", "asyncio", "redis", "aiohttp.access")


@pytest.fixture
def fresh_logging() -> Iterator[None]:
    """The levels of all loggers, as they were before."""
    loggers = [logging.getLogger(name) for name in ("", "kafka", "aiokafka", "faust", "mode", *OURS)]
    before = [logger.level for logger in loggers]
    yield
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)
    logging.getLogger("aiohttp.server").removeFilter(in_one_line)


@pytest.mark.usefixtures("fresh_logging")
@pytest.mark.parametrize("level", LEVELS)
def test_details_of_clients_are_never_logged(level: str) -> None:
    """Kafka's clients write passwords and whole events at level debug; our own details are there if asked for."""
    configure_logging(level)
    assert [] == [name for name in CLIENTS if logging.getLogger(name).isEnabledFor(logging.DEBUG)]
    assert (level == "debug") == logging.getLogger("streams.worker.run").isEnabledFor(logging.DEBUG)


def test_a_request_that_is_no_http_is_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An address of 9,000 letters is answered with 400 and logged without a traceback."""

    async def answer() -> bytes:
        async with TestServer(Exporter(settings(tmp_path), LatestSnapshot(), lambda: True).app()) as server:
            reader, writer = await asyncio.open_connection(server.host, server.port)
            writer.write(b"GET /?queue=%20" + b"x" * 9_000 + b" HTTP/1.1\r\nHost: here\r\n\r\n")
            status = await reader.readline()
            writer.close()
            await writer.wait_closed()
            return status

    logger = logging.getLogger("aiohttp.server")
    logger.addFilter(in_one_line)
    try:
        assert b"HTTP/1.0 400 Bad Request\r\n" == asyncio.run(answer())
    finally:
        logger.removeFilter(in_one_line)
    (record,) = [record for record in caplog.records if record.name == "aiohttp.server"]
    assert record.exc_info is None
    assert record.getMessage().startswith("Error handling request from 127.0.0.1: Got more than 8190 bytes")
    assert 1 == len(record.getMessage().splitlines())
