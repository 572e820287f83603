"""A door that may open twenty files, as a process of its own, and fifty clients who wait at it.

python -m tests.support.door_without_files [CERTIFICATE KEY]
"""

from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from aiohttp import web

from streams.serving.certificates import Certificate
from streams.serving.door import Door
from streams.serving.limits import Limits
from tests.support.paths import ROOT
from tests.support.served import HOST

FILES = 20
CLIENTS = 50


async def _livez(_request: web.Request) -> web.Response:
    return web.Response(text="ok")


async def _main(*files: Path) -> None:
    logging.basicConfig(stream=sys.stderr)
    app = web.Application()
    app.add_routes([web.get("/livez", _livez)])
    door = Door(app, Limits(1000, 1000), None, Certificate(*files) if files else None)
    _, port = await door.start(HOST, 0)
    print(port, flush=True)
    await asyncio.Event().wait()


@contextmanager
def crowded(waiting: bytes, *files: Path) -> Iterator[int]:
    """The port of such a door, at which each client has sent ``waiting``; after the block one line of log says why.

    ``files``: certificate and key, for TLS.
    """
    limited = ["sh", "-c", f'ulimit -n {FILES} && exec "$@"', "sh"]
    command = [*limited, sys.executable, "-m", __name__, *map(str, files)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stderr is not None
        try:
            port = int(server.stdout.readline())
            with ExitStack() as held:
                for _ in range(CLIENTS):
                    held.enter_context(socket.create_connection((HOST, port), 30)).sendall(waiting)
                yield port
        finally:
            server.kill()
        lines = server.stderr.read().decode().splitlines()
        assert 1 == len(lines), lines
        assert "ulimit -n" in lines[0]


if __name__ == "__main__":
    asyncio.run(_main(*map(Path, sys.argv[1:])))
