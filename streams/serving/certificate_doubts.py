"""Doubts about a certificate that a server can use: clients will refuse it, or soon will."""

from __future__ import annotations

import ssl
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from streams.common.durations import DAY_MS, SECOND_MS

SOON_DAYS = 7
"""Before the end of a certificate; automatic renewals come weeks before it."""


def doubt_of(context: ssl.SSLContext, cert_file: Path, now_ms: int) -> str | None:
    """One sentence if every client will refuse the certificate of a server's context, or soon; ``None`` if it is well.

    A client in memory that trusts just this certificate looks at its dates and its purpose, as any client does.
    """
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        client.load_verify_locations(cert_file)
    except OSError as error:  # replaced since the server read it
        return f"the certificate in {cert_file} cannot be looked at ({error}); see whether clients accept it"
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(up, down, server_side=True)
    visitor = client.wrap_bio(down, up)
    try:
        for side in (visitor, server, visitor):
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", error.reason)
        return f"clients refuse the certificate in {cert_file} ({reason}); renew it"
    found = visitor.getpeercert()
    ends_seconds = ssl.cert_time_to_seconds(str(found["notAfter"])) if found else 0
    if ends_seconds * SECOND_MS - now_ms < SOON_DAYS * DAY_MS:
        day = datetime.fromtimestamp(ends_seconds, UTC).date()
        return f"the certificate in {cert_file} ends on {day}; renew it before, it is read again by itself"
    return None
