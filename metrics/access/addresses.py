"""The addresses of the exporter, and the content that somebody must be allowed to see to be answered there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from streams.access.roles import Sight

SIGN_IN = "/sign-in"
SIGN_OUT = "/sign-out"
FOR_EVERYBODY = None
ADDRESSES: Mapping[str, Sight | None] = {
    "/": Sight.WALL,
    "/board/stream": Sight.WALL,
    "/board/{name}": FOR_EVERYBODY,
    "/metrics": Sight.METRICS,
    "/api/v1/snapshot": Sight.SNAPSHOT,
    "/api/v1/snapshot.schema.json": Sight.SNAPSHOT,
    "/api/v1/openapi.json": Sight.SNAPSHOT,
    "/api/v1/week": Sight.PLANNING,
    "/api/v1/week.schema.json": Sight.PLANNING,
    "/api/v1/trends": Sight.PLANNING,
    "/api/v1/trends.schema.json": Sight.PLANNING,
    "/api/v1/explain": Sight.EXPLANATIONS,
    "/api/v1/explain.schema.json": Sight.EXPLANATIONS,
    "/about": FOR_EVERYBODY,
    "/livez": FOR_EVERYBODY,
    "/readyz": FOR_EVERYBODY,
    SIGN_IN: FOR_EVERYBODY,
    SIGN_OUT: FOR_EVERYBODY,
}
"""By route. What is for everybody has no number in it: health, the files of the wallboard's page, lists of links."""


def unlisted(routes: Iterable[str]) -> list[str]:
    """Routes without a line in the table: nobody has said who may see them."""
    return [route for route in routes if route not in ADDRESSES]
