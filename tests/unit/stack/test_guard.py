"""Guard of Prometheus and Alertmanager: requests for this machine pass, those of strangers do not."""

from __future__ import annotations

import pytest

from streams.stack.guard import Refused, checked
from streams.stack.shown_config import HIDDEN, hidden, shows_config


def head(*headers: str, request: str = "GET /api/v1/query?query=up HTTP/1.1") -> bytes:
    """The head of a request."""
    return "\r\n".join([request, *headers, "", ""]).encode("latin-1")


@pytest.mark.parametrize(
    "headers",
    [
        ("Host: 127.0.0.1:9090",),
        ("host: LOCALHOST",),
        ("Host: [::1]:9090",),
        ("Host: 127.8.9.10", "Origin: http://127.0.0.1:3000"),
        ("Host: localhost.", "Content-Length: 3", "Connection: keep-alive"),
    ],
)
def test_what_passes(headers: tuple[str, ...]) -> None:
    """A request of this machine is handed on with its headers, and asks for one answer only."""
    path, sent = checked(head(*headers))
    assert "/api/v1/query?query=up" == path
    kept = [each for each in headers if not each.startswith("Connection")]
    assert head(*kept, "Connection: close") == sent


HOSTS = ("evil.example", "127.0.0.1.evil.example", "192.168.1.5", "0.0.0.0", "localhost@evil.example", "", "[::1")
REFUSED = {
    **{f"the host {host!r}": ((f"Host: {host}",), 421) for host in HOSTS},
    "no host": ((), 421),
    "two hosts": (("Host: 127.0.0.1", "Host: evil.example"), 421),
    "another origin": (("Host: 127.0.0.1", "Origin: https://evil.example"), 403),
    "an origin that looks like ours": (("Host: 127.0.0.1", "Origin: http://127.0.0.1.evil.example"), 403),
    "an opaque origin": (("Host: 127.0.0.1", "Origin: null"), 403),
    "a folded header": (("Host: evil.example", " 127.0.0.1"), 400),
    "a space before the colon": (("Host: 127.0.0.1", "Host : evil.example"), 400),
    "a lone line feed": (("Host: 127.0.0.1\nHost: evil.example",), 400),
}


@pytest.mark.parametrize("headers, status", REFUSED.values(), ids=REFUSED)
def test_what_does_not_pass(headers: tuple[str, ...], status: int) -> None:
    """Requests under other names, of other origins, or in a form that two servers may read differently are refused."""
    with pytest.raises(Refused) as refused:
        checked(head(*headers))
    assert str(status) == refused.value.status[:3]


@pytest.mark.parametrize(
    "request_line", ["GET http://evil.example/ HTTP/1.1", "GET /", "CONNECT evil.example:1 HTTP/1.1"]
)
def test_other_targets_are_refused(request_line: str) -> None:
    """Only paths are asked for."""
    with pytest.raises(Refused):
        checked(head("Host: 127.0.0.1", request=request_line))


def test_the_status_page_shows_no_configuration() -> None:
    """Both versions of the API, at any depth."""
    assert [True, True, True, True, False] == [
        shows_config(path)
        for path in ("/api/v2/status", "/api/v1/status?x", "//api/v2/status/", "/api/v1/%73tatus", "/api/v2/alerts")
    ]
    found = {"config": {"original": "url: s3cr3t"}, "data": [{"configYAML": "s3cr3t", "uptime": "1s"}]}
    assert {"config": {"original": HIDDEN}, "data": [{"configYAML": HIDDEN, "uptime": "1s"}]} == hidden(found)
