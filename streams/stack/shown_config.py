"""Status page of Alertmanager without its configuration: before 0.26 it shows the URLs of webhooks there."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
from typing import Any
from urllib.parse import unquote

_STATUS_PAGE = re.compile(r"/+api/+v[12]/+status/*")
HIDDEN = "(not shown here: see alertmanager.yml)"
LARGEST_BYTES = 4 * 1024 * 1024
TIMEOUT_SECONDS = 10.0
_CONFIGS = frozenset({"original", "configYAML", "configJSON"})


def shows_config(target: str) -> bool:
    """True for a page of Alertmanager's API with its configuration, also by escaped letters."""
    return _STATUS_PAGE.fullmatch(unquote(target.partition("?")[0])) is not None


async def without_config(host: str, port: int, path: str) -> bytes:
    """The answer to a request for the status page, its configuration taken out.

    Raises:
        OSError: the server does not answer.
        ValueError: it answers with something else.
    """
    return await asyncio.to_thread(_fetched, host, port, path)


def _fetched(host: str, port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read(LARGEST_BYTES)
        if answer.status != http.HTTPStatus.OK:
            raise ValueError(f"status {answer.status}")
    except http.client.HTTPException as error:
        raise ValueError(str(error)) from None
    finally:
        connection.close()
    return json.dumps(hidden(json.loads(body))).encode()


def hidden(found: Any) -> Any:
    """A document of JSON with the texts of configurations replaced."""
    if isinstance(found, dict):
        return {name: HIDDEN if name in _CONFIGS else hidden(value) for name, value in found.items()}
    return [hidden(each) for each in found] if isinstance(found, list) else found
