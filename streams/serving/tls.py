"""The TLS layer between a socket and an HTTP connection, with the same limits of time and bytes as without it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from asyncio.sslproto import SSLProtocol
from functools import partial

from streams.serving.limits import HANDSHAKE_SECONDS, LINGER_SECONDS, PIECE_BYTES, TLS_BUFFER_BYTES
from streams.serving.protocol import Connection


class _Layer(SSLProtocol):
    """asyncio's own TLS, with a small buffer, over a socket that the connection knows of from the beginning.

    ``loop.connect_accepted_socket(ssl=…)`` would take 256 KiB for each connection, and hide the socket from it: a
    handshake could not be cut off, and what the client does not read would be held unseen.
    """

    max_size = TLS_BUFFER_BYTES

    def __init__(self, connection: Connection, context: ssl.SSLContext, done: asyncio.Future[None]) -> None:
        super().__init__(
            asyncio.get_running_loop(),
            connection,
            context,
            done,
            server_side=True,
            ssl_handshake_timeout=HANDSHAKE_SECONDS,
            ssl_shutdown_timeout=LINGER_SECONDS,
        )
        self._connection = connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the handshake."""
        assert isinstance(transport, asyncio.Transport)
        transport.set_write_buffer_limits(high=PIECE_BYTES)
        self._connection.socket_made(transport)
        super().connection_made(transport)


async def begin(wire: socket.socket, connection: Connection, context: ssl.SSLContext) -> None:
    """Lead a connection through its handshake; it may have been cut off before its end.

    Raises:
        OSError: the client does not speak TLS, or not ours, or took too long.
    """
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    try:
        await loop.connect_accepted_socket(partial(_Layer, connection, context, done), wire)
        await done
    except OSError as error:
        # An error holds the frames that it passed through, and these hold the layer. Under an attack thousands of them
        # would wait for the next collection of garbage, each with its buffers.
        error.__traceback__ = None
        raise
    finally:
        del done


def reason_of(error: ssl.SSLError) -> str:
    """The reason of a failed handshake in words for the log."""
    if error.reason == "HTTP_REQUEST":
        return "it speaks plain HTTP, and must ask by https://"
    return (error.reason or "no TLS").replace("_", " ").lower()
