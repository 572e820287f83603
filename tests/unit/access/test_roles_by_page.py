"""The table of docs/access.md: which role is answered at which address, asked in every way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from metrics.access.addresses import ADDRESSES, SIGN_OUT
from streams.access.roles import ROLES, Role, in_words
from tests.support.paths import ROOT
from tests.support.visitors import AGENT, QUEUE, Client, Doors, ask, bearer

PAGE = (ROOT / "docs/access.md").read_text(encoding="utf-8")
SENT = {"name": "board.css"}
NONE, WRONG, EXPIRED = "none", "wrong", "expired"
COLUMNS = (NONE, WRONG, EXPIRED, *(role.value for role in Role))
REFUSED = (401, 403)
WITHOUT_HISTORY = ("/api/v1/week", "/api/v1/trends")
"""Addresses that answer 503 until weeks have been read, to those who may ask."""
Table = dict[str, dict[str, str]]


def documented() -> Table:
    """The table of the page."""
    lines = [line for line in PAGE.splitlines() if line.startswith("| `/")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {address.strip("`"): dict(zip(COLUMNS, found, strict=True)) for address, *found in cells}


async def cell(client: Client, address: str, headers: Mapping[str, str]) -> str:
    """The cell of the table: the status of a refusal, else what is shown. Numbers are in no refusal."""
    method = client.post if address == SIGN_OUT else client.get
    path = address.format(**SENT)
    async with method(path, headers=headers, allow_redirects=False) as response:
        if path == "/board/stream" and response.status == 200:
            return "yes"  # it does not end
        text = await response.text()
        if response.status in REFUSED:
            assert (False, True) == (QUEUE in text, "WWW-Authenticate" in response.headers)
            return str(response.status)
        assert response.status < 500 or path in WITHOUT_HISTORY
        return "yes" if path != "/api/v1/snapshot" or AGENT in text else "without agents"


async def asked(client: Client, by_column: Mapping[str, Mapping[str, str]]) -> Table:
    """The table as the exporter answers it, with the headers of each column."""
    return {
        address: {column: await cell(client, address, headers) for column, headers in by_column.items()}
        for address in ADDRESSES
    }


def with_token(doors: Doors) -> dict[str, dict[str, str]]:
    """Headers of each column: a token."""
    return {
        NONE: {},
        WRONG: bearer("veinte_wrong"),
        EXPIRED: bearer(doors.tokens[EXPIRED]),
        **{role.value: bearer(doors.tokens[role]) for role in Role},
    }


def by_proxy(extra: Mapping[str, str] | None = None) -> dict[str, dict[str, str]]:
    """Headers of each column that has a role: a proxy's word, with ``extra`` headers."""
    return {
        role.value: {"X-Forwarded-User": "ana", "X-Forwarded-Roles": f"staff, {role}", **(extra or {})} for role in Role
    }


@pytest.fixture(autouse=True)
def _many_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table asks with a wrong token at every address."""
    monkeypatch.setattr("streams.access.tries.TRIES", 1_000)


def test_every_address_is_documented() -> None:
    """The page has a line for each address, and none for another."""
    assert set(ADDRESSES) == set(documented())


def test_every_role_is_documented() -> None:
    """The page says of each role whom it is for and what it sees."""
    for role, grant in ROLES.items():
        assert f"| `{role}` | {grant.for_whom.en} | {in_words(grant.sees)} |\n" in PAGE


@pytest.mark.parametrize("over_tls", [False, True], ids=["plain", "tls"])
def test_tokens(over_tls: bool, tmp_path: Path) -> None:
    """Each role, none, a wrong and an expired token are answered as the page says, also over TLS."""
    found: Table = {}

    async def run(doors: Doors) -> None:
        found.update(await asked(doors.client, with_token(doors)))

    ask(tmp_path, run, over_tls=over_tls)
    assert documented() == found


def test_sessions_of_browsers(tmp_path: Path) -> None:
    """Who signs in with a token of a role is answered as the token is, and nobody by its cookie once it is over."""
    found: Table = {address: {} for address in ADDRESSES}

    async def run(doors: Doors) -> None:
        for role in Role:
            for address in ADDRESSES:  # /sign-out is one of them
                doors.client.cookie_jar.clear()
                form = {"token": doors.tokens[role]}
                async with doors.client.post("/sign-in", data=form, allow_redirects=False) as response:
                    assert 303 == response.status
                found[address][role] = await cell(doors.client, address, {})

    ask(tmp_path, run)
    expected = documented()
    assert {address: {role.value: row[role] for role in Role} for address, row in expected.items()} == found


def test_a_trusted_proxy(tmp_path: Path) -> None:
    """Roles in the headers of a trusted proxy are answered as tokens of these roles are; other groups are passed over.
    A token that the proxy hands on beside them is its own and not ours."""
    found: Table = {}

    async def run(doors: Doors) -> None:
        found.update(await asked(doors.client, by_proxy({"Authorization": "Bearer of-the-identity-provider"})))

    ask(tmp_path, run, trusted_proxies=["127.0.0.1"])
    expected = documented()
    assert {address: {role.value: row[role] for role in Role} for address, row in expected.items()} == found


@pytest.mark.parametrize(
    "proxies,headers",
    [
        (["10.0.0.1"], {}),
        ((), {}),
        (["10.0.0.1"], {"X-Forwarded-For": "10.0.0.1"}),
        (["10.0.0.1"], {"Forwarded": "for=10.0.0.1"}),
    ],
)
def test_headers_of_an_untrusted_address_are_nobodys(
    proxies: list[str], headers: dict[str, str], tmp_path: Path
) -> None:
    """Whoever is no trusted proxy, and says to come through one, is answered as with no role at all."""
    found: Table = {}

    async def run(doors: Doors) -> None:
        found.update(await asked(doors.client, by_proxy(headers)))

    ask(tmp_path, run, trusted_proxies=proxies)
    nobody = {address: row[NONE] for address, row in documented().items()}
    assert {address: dict.fromkeys(Role, answer) for address, answer in nobody.items()} == found


def test_anonymous_roles(tmp_path: Path) -> None:
    """Without a token everybody has the roles of the setting, and nothing else."""
    found: Table = {}

    async def run(doors: Doors) -> None:
        found.update(await asked(doors.client, {NONE: {}}))

    ask(tmp_path, run, anonymous=["board", "scrape"], exporter_host="0.0.0.0")
    expected = documented()
    best = {
        address: next((row[role] for role in (Role.BOARD, Role.SCRAPE) if row[role] not in ("401", "403")), "401")
        for address, row in expected.items()
    }
    assert best == {address: row[NONE] for address, row in found.items()}


def test_the_headers_of_a_proxy_have_the_names_of_the_settings() -> None:
    """The page names both settings and their defaults."""
    for name in ("proxy_user_header", "proxy_role_header", "X-Forwarded-User", "X-Forwarded-Roles"):
        assert re.search(rf"`{name}`", PAGE)
