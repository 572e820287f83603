"""The step that asks who a page is for: refusals, sign-in, sessions, and what becomes of them."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientConnectionError, ClientPayloadError, web

import metrics.access.guard
from metrics.access.guard import AccessGuard
from metrics.access.pages import SignInPages
from metrics.access.sign_in import form_page, local_link
from streams.access.roles import Role
from streams.access.sessions import SESSION_SECONDS
from streams.access.token_file import create, revoke
from streams.access.tokens import RANDOM_BYTES, Refusal, new_token
from streams.access.tries import TRIES
from streams.common.errors import UserError
from streams.common.languages import Language
from streams.serving.addresses import Proxies
from tests.support.boards import settings
from tests.support.covers import covers
from tests.support.visitors import QUEUE, Client, Doors, ask, bearer, eventually

REFUSED = "veinte_requests_refused_total"
HTML = {"Accept": "text/html"}


async def status(client: Client, path: str, **options: Any) -> int:
    """The status of an address."""
    async with client.get(path, allow_redirects=False, **options) as response:
        return response.status


async def sign_in(client: Client, token: str, following: str = "/", **headers: str) -> Any:
    """The answer to the form."""
    form = {"token": token, "next": following}
    async with client.post("/sign-in", data=form, allow_redirects=False, headers=headers) as response:
        await response.read()
        return response


def test_everything_is_open_on_loopback_while_nothing_is_set(tmp_path: Path) -> None:
    """As before there were roles, whatever token or header comes along; the first token made closes it at once."""

    async def run(doors: Doors) -> None:
        for headers in ({}, bearer("veinte_wrong"), {"X-Forwarded-User": "ana"}):
            assert [200] * 3 == [
                await status(doors.client, path, headers=headers) for path in ("/", "/metrics", "/api/v1/snapshot")
            ]
        create(tmp_path / "later", "wall", (Role.BOARD,), datetime.now(UTC))
        await eventually(lambda: _is(doors.client, "/metrics", 401))
        (tmp_path / "later").unlink()
        assert 401 == await status(doors.client, "/metrics")

    ask(tmp_path, run, token_file=tmp_path / "later")


async def _is(client: Client, path: str, expected: int) -> bool:
    return await status(client, path) == expected


def test_who_signs_in_has_a_session_out_of_reach_of_scripts_and_other_sites(tmp_path: Path) -> None:
    """HttpOnly, SameSite=Strict, for thirty days, Secure where the browser speaks TLS; the token is not in it."""

    async def run(doors: Doors) -> None:
        token = doors.tokens["supervisor"]
        for proto, name, secure in (("http", "veinte", ""), ("https", "__Host-veinte", True)):
            response = await sign_in(doors.client, f" {token}\n", "/?view=week", **{"X-Forwarded-Proto": proto})
            assert (303, "/?view=week") == (response.status, response.headers["Location"])
            cookie = response.cookies[name]
            assert ("Strict", True, "/", "") == (
                cookie["samesite"],
                cookie["httponly"],
                cookie["path"],
                cookie["domain"],
            )
            assert (str(SESSION_SECONDS), secure) == (cookie["max-age"], cookie["secure"])
            assert token.removeprefix("veinte_") not in cookie.value
            async with doors.client.get("/api/v1/snapshot", headers={"Cookie": f"{name}={cookie.value}"}) as page:
                assert (200, True) == (page.status, QUEUE in await page.text())

    ask(tmp_path, run, trusted_proxies=["127.0.0.1"])


def test_sessions_outlive_the_exporter(tmp_path: Path) -> None:
    """They are signed with the key beside the tokens, also where that was made while the exporter ran."""
    kept: dict[str, str] = {}
    later = tmp_path / "later"

    async def signs_in(doors: Doors) -> None:
        token = create(later, "wall", (Role.BOARD,), datetime.now(UTC))
        await eventually(lambda: _is(doors.client, "/metrics", 401))
        response = await sign_in(doors.client, token)
        kept.update({"Cookie": f"veinte={response.cookies['veinte'].value}"})

    async def comes_again(doors: Doors) -> None:
        assert 200 == await status(doors.client, "/", headers=kept)

    ask(tmp_path / "first", signs_in, token_file=later)
    ask(tmp_path / "second", comes_again, token_file=later)


def test_over_tls_the_session_is_sent_over_tls_only(tmp_path: Path) -> None:
    """The server's own TLS makes the cookie Secure, with the name that browsers keep for such ones, and takes it."""

    async def run(doors: Doors) -> None:
        response = await sign_in(doors.client, doors.tokens["board"])
        assert ["__Host-veinte"] == list(response.cookies)
        plain = {"Cookie": f"veinte={response.cookies['__Host-veinte'].value}"}
        doors.client.cookie_jar.clear()
        assert 401 == await status(doors.client, "/", headers=plain)  # anybody may plant one of this name
        response = await sign_in(doors.client, doors.tokens["board"])
        assert (True, "Strict") == tuple(response.cookies["__Host-veinte"][name] for name in ("secure", "samesite"))
        assert 200 == await status(doors.client, "/")

    ask(tmp_path, run, over_tls=True)


def test_who_may_not_see_a_page_is_led_to_it_by_the_form(tmp_path: Path) -> None:
    """A browser is shown the form in place of the page, in the language of the link or else its own, with where it
    wanted to go; a program JSON."""

    async def run(doors: Doors) -> None:
        cases = (("", "es", "Entrar"), ("", "en", "Sign in"), ("es", "en", "Entrar"), ("en", "es", "Sign in"))
        for named, preferred, word in cases:
            link = f"/?view=week&lang={named}" if named else "/?view=week"
            async with doors.client.get(link, headers={**HTML, "Accept-Language": preferred}) as page:
                text = await page.text()
                assert (401, f'<html lang="{named or preferred}">') == (page.status, text.splitlines()[1])
                assert word in text
                assert "<code>veinte token create" in text
                assert f'value="{escape(link)}"' in text
                assert "form-action 'self'" in page.headers["Content-Security-Policy"]
        async with doors.client.get("/metrics") as refused:
            assert (401, "Bearer") == (refused.status, refused.headers["WWW-Authenticate"])
            assert "--role scrape" in (await refused.json())["error"]
        async with doors.client.get("/metrics", headers={**HTML, **bearer(doors.tokens["board"])}) as refused:
            assert (403, True) == (refused.status, "it needs the role scrape" in await refused.text())

    ask(tmp_path, run)


def test_a_browser_led_here_by_another_site_asks_again(tmp_path: Path) -> None:
    """Its strict cookie is kept back at first; a page that asks again by itself gets it. Once, and not for ever."""

    async def run(doors: Doors) -> None:
        for site, expected in (("cross-site", True), ("same-origin", False), ("none", False)):
            async with doors.client.get("/", headers={**HTML, "Sec-Fetch-Site": site}) as page:
                assert (site, expected) == (site, 'http-equiv="refresh"' in await page.text())

    ask(tmp_path, run)


def test_a_form_of_another_site_signs_nobody_in_or_out(tmp_path: Path) -> None:
    """By what the browser says of the site, or by the origin where it says none; a program sends neither."""

    async def run(doors: Doors) -> None:
        token, own = doors.tokens["board"], f"{doors.host}:{doors.port}"
        for headers, expected in (
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Sec-Fetch-Site": "same-site"}, 403),
            ({"Sec-Fetch-Site": "same-origin"}, 303),
            ({"Origin": "http://evil.example"}, 403),
            ({"Origin": "null"}, 403),
            ({"Origin": f"http://{own}"}, 303),
            ({}, 303),
        ):
            assert (headers, expected) == (headers, (await sign_in(doors.client, token, **headers)).status)
            async with doors.client.post("/sign-out", headers=headers, allow_redirects=False) as response:
                assert (headers, expected) == (headers, response.status)

    ask(tmp_path, run)


@pytest.mark.parametrize(
    "body,kind",
    [
        (b"", "application/x-www-form-urlencoded"),
        (b"token=%FF%FE\xff", "application/x-www-form-urlencoded"),
        (b"token=a", "application/x-www-form-urlencoded; charset=no-such"),
        (b"token=" + b"a" * 60_000, "application/x-www-form-urlencoded"),
        (b"&".join([b"token=a"] * 1_000), "application/x-www-form-urlencoded"),
        (b"--x\r\nContent-Disposition: form-data; name=token; filename=a\r\n\r\na", "multipart/form-data; boundary=x"),
        (b"--x", "multipart/form-data"),
        (b'{"token": 1}', "application/json"),
    ],
)
def test_a_form_that_is_none_is_a_wrong_token(
    body: bytes, kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever is sent in its place is refused, and no page fails."""

    async def run(doors: Doors) -> None:
        async with doors.client.post("/sign-in", data=body, headers={"Content-Type": kind}) as response:
            assert 401 == response.status

    ask(tmp_path, run)
    assert [] == [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize(
    "value", ["\xff\xfe", "1.board.99999999999999.0", "1.board.1.é", "a" * 4_000, '"', ";", "=", "1...."]
)
def test_odd_tokens_and_sessions_are_refused(value: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Letters that are none, numbers that are too large, and parts that are empty get 401."""

    async def run(doors: Doors) -> None:
        for headers in (f"Authorization: Bearer {value}", f"Cookie: veinte={value}", "Authorization: bearer"):
            reader, writer = await asyncio.open_connection(doors.host, doors.port)
            writer.write(f"GET / HTTP/1.0\r\nHost: localhost\r\n{headers}\r\n\r\n".encode("latin-1"))
            assert b"401" in (await reader.readline())
            writer.close()
            await writer.wait_closed()

    ask(tmp_path, run)
    assert [] == [record.getMessage() for record in caplog.records]


def test_signing_out_ends_the_session_of_the_browser(tmp_path: Path) -> None:
    """The page to sign in says who has, and offers to leave; then the browser has no session."""

    async def run(doors: Doors) -> None:
        await sign_in(doors.client, doors.tokens["board"])
        async with doors.client.get("/sign-in", headers={"Accept-Language": "es"}) as page:
            assert "Ha entrado como board." in await page.text()
        assert 200 == await status(doors.client, "/")
        async with doors.client.post("/sign-out") as page:
            assert (200, True) == (page.status, 'name="token"' in await page.text())
        assert 401 == await status(doors.client, "/")

    ask(tmp_path, run)


def test_wrong_tokens_of_an_address_are_limited(tmp_path: Path) -> None:
    """After ten a minute none is looked at, by header or form; another address, and who was right before, are heard."""

    async def run(doors: Doors) -> None:
        def headers(token: str, client: str = "10.0.0.1") -> dict[str, str]:
            return {**bearer(token), "X-Forwarded-For": client}

        known, unknown = doors.tokens["scrape"], doors.tokens["board"]
        assert 200 == await status(doors.client, "/metrics", headers=headers(known))
        found = [await status(doors.client, "/", headers=headers(new_token())) for _ in range(TRIES - 1)]
        found.append((await sign_in(doors.client, "wrong", **{"X-Forwarded-For": "10.0.0.1"})).status)
        assert [401] * TRIES == found
        async with doors.client.get("/", headers=headers(new_token())) as limited:
            assert (429, True) == (limited.status, 0 < int(limited.headers["Retry-After"]) <= 60)
        assert 429 == await status(doors.client, "/", headers=headers(unknown))
        assert 429 == (await sign_in(doors.client, unknown, **{"X-Forwarded-For": "10.0.0.1"})).status
        assert 200 == await status(doors.client, "/", headers=headers(unknown, "10.0.0.2"))
        assert 200 == await status(doors.client, "/metrics", headers=headers(known))
        assert 200 == await status(doors.client, "/livez", headers=headers("wrong"))

    ask(tmp_path, run, trusted_proxies=["127.0.0.1"])


def test_an_expired_token_is_no_guess(tmp_path: Path) -> None:
    """A program that goes on with it is refused each time, and keeps nobody else out."""

    async def run(doors: Doors) -> None:
        for _ in range(TRIES + 1):
            assert 401 == await status(doors.client, "/", headers=bearer(doors.tokens["expired"]))
        assert 200 == await status(doors.client, "/", headers=bearer(doors.tokens["board"]))

    ask(tmp_path, run)


@covers(REFUSED)
def test_every_refusal_is_counted_by_its_reason(tmp_path: Path) -> None:
    """All reasons are there from the start; what is answered counts in none."""
    counted: dict[str, float] = {}

    async def run(doors: Doors) -> None:
        async def scrape() -> None:
            async with doors.client.get("/metrics", headers=bearer(doors.tokens["scrape"])) as page:
                lines = [line for line in (await page.text()).splitlines() if line.startswith(f"{REFUSED}{{")]
                counted.update({line.split('"')[1]: float(line.rsplit(" ", 1)[1]) for line in lines})

        await scrape()
        assert dict.fromkeys(Refusal, 0.0) == counted
        await status(doors.client, "/")
        await status(doors.client, "/", headers={"Cookie": "veinte=1.board.99999999999." + "0" * 64})
        await status(doors.client, "/", headers=bearer(doors.tokens["expired"]))
        await status(doors.client, "/metrics", headers=bearer(doors.tokens["board"]))
        for _ in range(TRIES + 2):
            await status(doors.client, "/", headers=bearer("wrong"))
        await status(doors.client, "/nothing")
        await sign_in(doors.client, "wrong", **{"Sec-Fetch-Site": "cross-site"})

        async def all_counted() -> bool:
            await scrape()
            return sum(counted.values()) == TRIES + 7

        await eventually(all_counted)
        assert {
            Refusal.NO_TOKEN: 1,
            Refusal.WRONG_TOKEN: TRIES,
            Refusal.EXPIRED: 1,
            Refusal.SESSION: 1,
            Refusal.ROLE: 1,
            Refusal.TOO_MANY_TRIES: 2,
            Refusal.OTHER_SITE: 1,
        } == counted

    ask(tmp_path, run)


def test_nothing_of_a_token_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Right, wrong, in a header, in the form, in an address, in a request that is none: no part of eight characters."""
    wrong = new_token()
    secrets = [wrong]
    caplog.set_level(logging.DEBUG)

    async def run(doors: Doors) -> None:
        secrets.append(doors.tokens["board"])
        for token in list(secrets):
            for _ in range(TRIES + 1):
                await status(doors.client, "/", headers=bearer(token))
            await status(doors.client, f"/?token={token}", headers=HTML)
            await status(doors.client, f"/{token}")
            response = await sign_in(doors.client, token)
            secrets.append(next((each.value.split(".")[-1] for each in response.cookies.values()), wrong))
            for head in (
                f"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\x01\r\n\r\n",
                f"GET / HTTP/1.1\r\nHost: a\r\nAuthorization Bearer {token}\r\n\r\n",
                f"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}{'x' * 9_000}\r\n\r\n",
            ):
                reader, writer = await asyncio.open_connection(doors.host, doors.port)
                writer.write(head.encode())
                await reader.read(100)
                writer.close()
        revoke(doors.file, "board")
        await eventually(lambda: _is(doors.client, "/sign-in", 200))

    ask(tmp_path, run)
    said = "\n".join(f"{record.getMessage()} {record.exc_text or ''}" for record in caplog.records)
    assert "wrong tokens in a minute" in said
    parts = {secret[at : at + 8] for secret in secrets for at in range(7, len(secret) - 7)}
    assert len(parts) > RANDOM_BYTES
    assert [] == [part for part in parts if part in said]


def test_a_revoked_token_ends_its_streams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wall that is open loses its connection, and is refused when it connects again; the others go on."""
    monkeypatch.setattr(metrics.access.guard, "AGAIN_SECONDS", 0.05)
    monkeypatch.setattr(metrics.access.guard, "LOOK_SECONDS", 0.0)

    async def run(doors: Doors) -> None:
        streams = {}
        for name in ("board", "analyst"):
            streams[name] = await doors.client.get("/board/stream", headers=bearer(doors.tokens[name]))
            assert b"retry" in await streams[name].content.readline()
        revoke(doors.file, "board")

        async def to_the_end() -> None:
            while await streams["board"].content.readline():
                pass

        with pytest.raises((ClientPayloadError, ClientConnectionError)):
            async with asyncio.timeout(10):
                await to_the_end()
        assert 401 == await status(doors.client, "/board/stream", headers=bearer(doors.tokens["board"]))
        assert await streams["analyst"].content.readline()
        streams["analyst"].close()

    ask(tmp_path, run)


def test_a_session_that_is_used_is_renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When half of it is over the next answer brings another, a stream's as well, so that a wall stays signed in."""

    async def run(doors: Doors) -> None:
        await sign_in(doors.client, doors.tokens["board"])
        assert {} == (await doors.client.get("/")).cookies
        monkeypatch.setattr("streams.access.sessions.SESSION_SECONDS", SESSION_SECONDS * 2 + 2)
        for path in ("/", "/board/stream"):
            response = await doors.client.get(path)
            assert (200, "Strict") == (response.status, response.cookies["veinte"]["samesite"])
            response.close()
            monkeypatch.setattr("streams.access.sessions.SESSION_SECONDS", SESSION_SECONDS * 6)

    ask(tmp_path, run)


@pytest.mark.parametrize(
    "headers",
    [
        [("X-Forwarded-Roles", "supervisor")],
        [("X-Forwarded-User", ""), ("X-Forwarded-Roles", "supervisor")],
        [("X-Forwarded-User", "ana")],
        [("X-Forwarded-User", "eve"), ("X-Forwarded-User", "ana"), ("X-Forwarded-Roles", "supervisor")],
        [("X-Forwarded-User", "ana"), ("X-Forwarded-Roles", "supervisor"), ("X-Forwarded-Roles", "staff")],
        [("X-Forwarded-User", "ana"), ("X-Forwarded-Roles", "administrator, board-member")],
    ],
)
def test_a_proxy_that_does_not_say_who_it_is_gives_no_role(headers: list[tuple[str, str]], tmp_path: Path) -> None:
    """Without a person, with a header that comes twice (one may be the visitor's own), or without a role of ours."""

    async def run(doors: Doors) -> None:
        assert await status(doors.client, "/", headers=headers) in (401, 403)

    ask(tmp_path, run, trusted_proxies=["127.0.0.1"])


def test_the_headers_of_a_proxy_can_be_others(tmp_path: Path) -> None:
    """Those of the settings count, and a role may be written with veinte- before it; the usual ones do not."""

    async def run(doors: Doors) -> None:
        own = {"Remote-User": "ana", "Remote-Groups": "staff,veinte-board"}
        assert 200 == await status(doors.client, "/", headers=own)
        usual = {"X-Forwarded-User": "ana", "X-Forwarded-Roles": "board"}
        assert 401 == await status(doors.client, "/", headers=usual)

    ask(
        tmp_path,
        run,
        trusted_proxies=["127.0.0.1"],
        proxy_user_header="Remote-User",
        proxy_role_header="Remote-Groups",
    )


@pytest.mark.parametrize(
    "link,expected",
    [
        ("/?view=week&lang=es", "/?view=week&lang=es"),
        ("/api/v1/snapshot?queue=a%20b", "/api/v1/snapshot?queue=a%20b"),
        ("", "/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("\\\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        (" //evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("http:evil.example", "/"),
        ("//[", "/"),
        ("/sign-in?next=/x", "/"),
        ("/sign-out", "/"),
        ("/" + "x" * 3_000, "/"),
    ],
)
def test_nobody_is_led_to_another_site(link: str, expected: str) -> None:
    """After signing in a browser goes on to an address of this server only."""
    assert expected == local_link(link)


def test_the_form_shows_no_markup_of_others() -> None:
    """An address with quotes and tags stays the text of the field."""
    page = form_page(Language.ENGLISH, '/"><script>alert(1)</script>', "<b>")
    assert [] == [part for part in ("<script", "<b>") if part in page]
    assert "&quot;&gt;&lt;script&gt;" in page


def test_a_page_that_nobody_has_listed_does_not_start(tmp_path: Path) -> None:
    """Who may see a page is said before it can be asked for."""
    app = web.Application()
    app.add_routes([web.get("/new", SignInPages(AccessGuard(settings(tmp_path), Proxies())).show)])
    with pytest.raises(LookupError, match="/new"):
        AccessGuard(settings(tmp_path), Proxies()).guard(app)


def test_an_exporter_that_others_can_reach_needs_a_token_or_a_word(tmp_path: Path) -> None:
    """Without both it says what to set and does not start; with either it logs what everybody may see."""
    with pytest.raises(UserError, match="veinte token create"):
        AccessGuard(settings(tmp_path, exporter_host="0.0.0.0"), Proxies()).check()
    AccessGuard(settings(tmp_path, exporter_host="0.0.0.0", anonymous=["board"]), Proxies()).check()
    AccessGuard(settings(tmp_path), Proxies()).check()
