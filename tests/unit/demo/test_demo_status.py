"""The demo asks an exporter that has a certificate over TLS."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from metrics.exporter.api import Query, document
from metrics.planning.view import View
from metrics.snapshot.snapshot import PipelineNumbers, RowKey, TopicNumbers
from metrics.web.problems import encode
from streams.common.vocabulary import Channel
from streams.demo.status import DemoStatus, read_status
from tests.support.boards import ICMI, NOW_MS, counts, live_of, row, settings, snapshot
from tests.support.certificates import Authority

HOST = "127.0.0.1"


@contextmanager
def serving(body: bytes, context: ssl.SSLContext | None) -> Iterator[int]:
    """A server that answers everything with ``body``, over TLS with a context; gives its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((HOST, 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("encrypted", [False, True])
def test_the_status_is_read_with_and_without_tls(tmp_path: Path, encrypted: bool) -> None:
    """The certificate need not be for this address: it is our own process."""
    topics = {"calls": TopicNumbers(applied=1_000, newest_ms=NOW_MS)}
    board = snapshot(
        {RowKey(Channel.CALL, "sales"): row(counts(ICMI), live_of(waiting=3))},
        pipeline=PipelineNumbers(topics=topics, lag={("calls", 0): 5}),
    )
    body = encode(document(View(board, 0), settings(tmp_path), Query(windows=("5m", "today"))))
    context = None
    if encrypted:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*Authority(tmp_path / "authority").issue("server", "DNS:board.example.com"))
    with serving(body, context) as port:
        found = read_status(HOST, port, DemoStatus(), encrypted=encrypted)
    assert (True, 1_000) == (found.answers, found.applied)
