"""Limits of a server: connections, times and bytes that one client, and all together, may take."""

from __future__ import annotations

import resource
from typing import NamedTuple

HEAD_SECONDS = 5.0
"""For the line and the headers of a request, from the first byte or, on a new connection, from its beginning."""
HANDSHAKE_SECONDS = 5
"""For the handshake of TLS; the time for the first request begins after it."""
BODY_SECONDS = 5.0
"""For the body of a request."""
IDLE_SECONDS = 75.0
"""Between two requests of a connection; longer than the usual interval of a Prometheus."""
STALL_SECONDS = 10.0
"""Without progress on what a client was sent."""
LINGER_SECONDS = 1.0
"""For the rest of a body that the answered page did not read."""
HEAD_BYTES = 32 * 1024
"""Of the line and the headers of a request that is not complete yet."""
BODY_BYTES = 64 * 1024
"""Of the body of a request."""
READ_BYTES = 16 * 1024
"""Of a request's body that are held unread."""
PIECE_BYTES = 32 * 1024
"""Of an answer that are handed to a connection at once, and held for a client that does not read."""
TLS_BUFFER_BYTES = 16 * 1024
"""For encrypted bytes that were received, of each connection; a record of TLS has as many."""
SEND_BUFFER_BYTES = 64 * 1024
"""The same in the system, which would otherwise hold megabytes for each, and grow slow for all."""
SLOWEST_BYTES_PER_SECOND = 20_000
"""A client that reads an answer more slowly than this, after ``STALL_SECONDS`` of grace, is cut off."""
IN_FLIGHT_BYTES = 64 * 2**20
"""Of different answers that slow clients still read: past it the clients of the oldest are cut off."""
MOST_CONNECTIONS = 1_000
LEAST_CONNECTIONS = 16
FILES_KEPT = 128
"""Open files that connections never take: for Redis, logs, and accepting one more to close another."""


CLOSED_A_SECOND = 10
"""Connections that are closed in a second to make room for new ones of one client; then these are refused."""


class Limits(NamedTuple):
    """Open connections of a server at once: in all, and of one address."""

    connections: int
    of_address: int


def limits_for(of_address: int) -> Limits:
    """The limits of this process, from the number of files that it may open."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return Limits(MOST_CONNECTIONS, of_address)
    return Limits(max(LEAST_CONNECTIONS, min(MOST_CONNECTIONS, files - FILES_KEPT)), of_address)
