"""Health pages /livez and /readyz of the worker, served by its event loop, so that a stuck loop does not answer."""

from __future__ import annotations

from aiohttp import web

from streams.common.errors import UserError
from streams.worker.runtime import Runtime


class HealthServer:
    """Server of two pages: /livez (the loop and the partitions make progress) and /readyz (partitions are assigned and
    have been committed to Redis since)."""

    def __init__(self, runtime: Runtime, host: str, port: int) -> None:
        self._runtime = runtime
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen on the port.

        Raises:
            UserError: the port is in use.
        """
        app = web.Application()
        app.add_routes([web.get("/livez", self._livez), web.get("/readyz", self._readyz)])
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            raise UserError(
                f"port {self._port} on {self._host} cannot be listened on ({error.strerror}); "
                "set VEINTE_WORKER_PORT to a free one"
            ) from None

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _livez(self, _request: web.Request) -> web.Response:
        trouble = self._runtime.stalled()
        return web.json_response({"live": not trouble, "reason": trouble}, status=503 if trouble else 200)

    async def _readyz(self, _request: web.Request) -> web.Response:
        trouble = self._runtime.not_ready() or self._runtime.stalled()
        return web.json_response(
            {"ready": not trouble, "reason": trouble, "partitions": len(self._runtime.owned)},
            status=503 if trouble else 200,
        )
