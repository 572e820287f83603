"""The addresses for programs, each with its parameters and its answer, and their OpenAPI document. Pure."""

from __future__ import annotations

import msgspec

from metrics.explain.number.answer import Explanation
from metrics.explain.number.question import LABEL_PARAMETERS
from metrics.explain.number.question import PARAMETERS as QUESTION
from metrics.exporter.api import PARAMETERS as SNAPSHOT
from metrics.exporter.api import Document
from metrics.exporter.metrics_pages import PARAMETERS as METRICS
from metrics.exporter.text import CONTENT_TYPE
from metrics.planning.api.documents import PARAMETERS as PLANNING
from metrics.planning.api.documents import TrendsDocument, WeekDocument
from metrics.web.openapi import Operation, openapi_document

TITLE = "Veinte"
ABOUT = (
    "All numbers of a contact centre, now, with their counts, age and state. Base units: seconds, ratios from 0 to 1."
)
SCHEMA = "application/schema+json"
NO_NUMBERS = "there are no numbers yet, or too many questions wait; ask again"
OPERATIONS = (
    Operation("/metrics", "Numbers for Prometheus: what rules, dashboards and people ask for", CONTENT_TYPE, METRICS),
    Operation("/api/v1/snapshot", "All numbers", Document, SNAPSHOT, NO_NUMBERS),
    Operation("/api/v1/week", "Contacts by hour of the week, and the peak hours", WeekDocument, PLANNING, NO_NUMBERS),
    Operation("/api/v1/trends", "Topics that grow", TrendsDocument, PLANNING, NO_NUMBERS),
    Operation(
        "/api/v1/explain",
        "One number with its counts, its policy and the contacts behind it",
        Explanation,
        (*QUESTION, *LABEL_PARAMETERS),
        "Redis cannot be read, or too many questions wait; ask again",
    ),
    *(
        Operation(f"/api/v1/{name}.schema.json", f"The JSON Schema of the {what}", SCHEMA)
        for name, what in (("snapshot", "snapshot"), ("week", "week"), ("trends", "trends"), ("explain", "explanation"))
    ),
    Operation("/api/v1/openapi.json", "This document", "application/json"),
    Operation(
        "/livez", "Does the process work?", "text/plain", unavailable="it wants a restart", open_to_any_name=True
    ),
    Operation("/readyz", "Are the numbers fresh?", "text/plain", unavailable="they are not", open_to_any_name=True),
)


def openapi_text() -> bytes:
    """The published document, as committed and served."""
    document = openapi_document(TITLE, ABOUT, OPERATIONS)
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
