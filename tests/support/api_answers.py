"""Answers of the JSON API about a board, decoded as by a reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from metrics.exporter.api import Document, Query, document
from metrics.planning.view import View
from metrics.snapshot.snapshot import RowKey, Snapshot
from metrics.web.problems import encode
from streams.common.vocabulary import Channel
from tests.support.boards import settings

SALES, HELP = RowKey(Channel.CALL, "sales"), RowKey(Channel.CALL, "help")
MAIL, WEB = RowKey(Channel.TICKET, "support", "email"), RowKey(Channel.TICKET, "support", "web")
SERVICE_LEVEL = "contact_center_service_level_ratio"
FCR = "contact_center_first_contact_resolution_ratio"


def answer(folder: Path, board: Snapshot, age_ms: int = 0, query: Query | None = None, **values: Any) -> dict[str, Any]:
    """The API's answer as a reader decodes it, checked against the type that the published schema is made of."""
    body = encode(document(View(board, age_ms), settings(folder, **values), query or Query()))
    decoded: dict[str, Any] = json.loads(body)
    msgspec.json.decode(body, type=Document)
    return decoded


def find_row(found: dict[str, Any], queue: str, medium: str | None = None) -> dict[str, Any]:
    (only,) = [entry for entry in found["rows"] if (entry["queue"], entry["medium"]) == (queue, medium)]
    result: dict[str, Any] = only
    return result


def window(entry: dict[str, Any], name: str, own: str = "5m", **labels: str) -> dict[str, Any]:
    """The number of the first series with these labels: of an average the average, before its percentiles."""
    series, *_ = [series for series in entry["windowed"][name] if series["labels"].items() >= labels.items()]
    result: dict[str, Any] = series["windows"][own]
    return result
