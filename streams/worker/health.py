"""Health pages /livez and /readyz of the worker, served by its event loop, so that a stuck loop does not answer."""

from __future__ import annotations

from aiohttp import web

from streams.common.errors import UserError
from streams.config.settings import Settings
from streams.serving.addresses import Proxies
from streams.serving.certificates import certificate_of
from streams.serving.door import Door
from streams.serving.gate import Gate
from streams.serving.hosts import KnownHosts
from streams.serving.limits import limits_for
from streams.worker.runtime import Runtime


class HealthServer:
    """Server of two pages: /livez (the loop and the partitions make progress) and /readyz (partitions are assigned and
    have been committed to Redis since)."""

    def __init__(self, runtime: Runtime, settings: Settings) -> None:
        """Prepare.

        Args:
            runtime: whose health is shown.
            settings: for the address, the certificate, and for who is answered.

        Raises:
            UserError: the certificate cannot be used.
        """
        self._runtime = runtime
        self._host, self._port = settings.worker_host, settings.worker_port
        proxies = Proxies(settings.trusted_proxies)
        app = web.Application()
        app.add_routes([web.get("/livez", self._livez), web.get("/readyz", self._readyz)])
        hosts = KnownHosts((self._host, *settings.allowed_hosts), "veinte worker")
        Gate(hosts, proxies, settings.connections_per_address).guard(app)
        certificate = certificate_of(settings.tls_cert_file, settings.tls_key_file)
        self._door = Door(app, limits_for(settings.connections_per_address), proxies, certificate)

    async def start(self) -> None:
        """Listen on the port.

        Raises:
            UserError: the port is in use.
        """
        try:
            await self._door.start(self._host, self._port)
        except OSError as error:
            raise UserError(
                f"port {self._port} on {self._host} cannot be listened on ({error.strerror}); "
                "set VEINTE_WORKER_PORT to a free one"
            ) from None

    async def stop(self) -> None:
        """Stop listening."""
        await self._door.stop()

    async def _livez(self, _request: web.Request) -> web.Response:
        trouble = self._runtime.stalled()
        return web.json_response({"live": not trouble, "reason": trouble}, status=503 if trouble else 200)

    async def _readyz(self, _request: web.Request) -> web.Response:
        trouble = self._runtime.not_ready() or self._runtime.stalled()
        return web.json_response(
            {"ready": not trouble, "reason": trouble, "partitions": len(self._runtime.owned)},
            status=503 if trouble else 200,
        )
