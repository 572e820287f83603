"""The TLS context of a client follows its files."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path

import pytest

from streams.clients.kafka_clients import ssl_context
from streams.config.settings import Settings
from tests.support.certificates import Authority, Pair


def connects(client: ssl.SSLContext, pair: Pair) -> bool:
    """True where a client takes the certificate of a server, in a handshake in memory."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*pair)
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    theirs = server.wrap_bio(up, down, server_side=True)
    ours = client.wrap_bio(down, up, server_hostname="localhost")
    for side in (ours, theirs, ours):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLCertVerificationError:
            return False
    return True


def test_a_new_authority_holds_from_the_next_connection_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A replaced file of the authority changes whom a client trusts; a broken one changes nothing, in one line."""
    old, new = (Authority(tmp_path / name, name) for name in ("old", "new"))
    first, second = old.issue("server"), new.issue("server")
    file = Pair(tmp_path / "ca.pem", tmp_path / "ca.key")
    file.replace_with(old.pair)
    context = ssl_context(Settings(kafka_security="SSL", kafka_ca_file=file.cert))
    assert context is not None
    assert [True, False] == [connects(context, first), connects(context, second)]
    file.replace_with(new.pair)
    assert [False, True] == [connects(context, first), connects(context, second)]
    with caplog.at_level(logging.WARNING):
        file.cert.write_text("no certificate")
        assert [False, True] == [connects(context, first), connects(context, second)]
    assert 1 == len(caplog.records)
