"""An exporter with tokens, and the ways in which somebody may ask it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from aiohttp import ClientSession, CookieJar, TCPConnector

from metrics.exporter.server import Exporter
from metrics.snapshot.snapshot import RowKey
from metrics.web.latest import LatestSnapshot
from streams.access.roles import Role
from streams.access.token_file import create
from streams.common.vocabulary import Channel
from streams.serving.certificates import certificate_of
from streams.serving.door import Door
from streams.serving.limits import Limits
from tests.support.boards import NOW_MS, everything, everything_live, row, settings, snapshot
from tests.support.certificates import Authority

Client = ClientSession
QUEUE = "secret queue"
AGENT = "contact_center_agent_resolution_ratio"


class Doors(NamedTuple):
    """An exporter that runs, and its tokens by name: one a role under the role's name, and ``expired``."""

    client: Client
    tokens: Mapping[str, str]
    file: Path
    host: str
    port: int


def with_tokens(folder: Path) -> tuple[Path, dict[str, str]]:
    """A file of tokens: one of each role, and one that is over and had every role."""
    path = folder / "tokens"
    now = datetime.now(UTC)
    tokens = {role.value: create(path, role, (role,), now) for role in Role}
    tokens["expired"] = create(path, "expired", tuple(Role), now - timedelta(days=2), timedelta(days=1))
    return path, tokens


def ask(folder: Path, run: Callable[[Doors], Awaitable[None]], *, over_tls: bool = False, **own: Any) -> None:
    """Run ``run`` with an exporter of one ticket queue where everything happened.

    Args:
        folder: of the file of tokens.
        run: asks.
        over_tls: the server has a certificate.
        own: settings.
    """
    path, tokens = with_tokens(folder)
    pair = Authority(folder / "authority").issue("server") if over_tls else None
    certificate = None if pair is None else certificate_of(pair.cert, pair.key)

    async def main() -> None:
        board = LatestSnapshot(lambda: NOW_MS)
        board.publish(snapshot({RowKey(Channel.TICKET, QUEUE, "email"): row(everything(), everything_live())}))
        exporter = Exporter(settings(folder, **{"token_file": path, **own}), board, lambda: True)
        door = Door(exporter.app(), Limits(100, 100), certificate=certificate)
        host, port = await door.start("127.0.0.1", 0)
        try:
            base = f"{'https' if over_tls else 'http'}://{host}:{port}"
            tls = ssl.create_default_context(cafile=pair.cert.with_name("authority.pem")) if pair else True
            jar, connector = CookieJar(unsafe=True), TCPConnector(ssl=tls)
            async with ClientSession(base, cookie_jar=jar, connector=connector) as client:
                await run(Doors(client, tokens, path, host, port))
        finally:
            await door.stop()

    asyncio.run(main())


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until a condition holds, 30 s at most."""
    async with asyncio.timeout(30):
        while not await condition():
            await asyncio.sleep(0.02)


def bearer(token: str) -> dict[str, str]:
    """Headers that bring a token."""
    return {"Authorization": f"Bearer {token}"}
