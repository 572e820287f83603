"""Roles, and what each of them may see: the one table that pages, commands and documentation read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from streams.common.languages import Bilingual, Language


class Role(StrEnum):
    """Roles of tokens, of people whom a trusted proxy names, and of everybody."""

    BOARD = "board"
    SCRAPE = "scrape"
    ANALYST = "analyst"
    SUPERVISOR = "supervisor"
    VALUE = "value"
    CUSTOMER = "customer"


class Sight(StrEnum):
    """Kinds of content of a page."""

    WALL = "wall"
    SNAPSHOT = "snapshot"
    METRICS = "metrics"
    PLANNING = "planning"
    EXPLANATIONS = "explanations"
    AGENTS = "agents"
    VALUE = "value"
    CUSTOMERS = "customers"


SIGHTS: Mapping[Sight, Bilingual] = {
    Sight.WALL: Bilingual("the wallboard", "el panel de la sala"),
    Sight.SNAPSHOT: Bilingual("the snapshot of all numbers", "todos los números en la API"),
    Sight.METRICS: Bilingual("/metrics", "/metrics"),
    Sight.PLANNING: Bilingual("weeks and trends", "semanas y tendencias"),
    Sight.EXPLANATIONS: Bilingual("explanations with single contacts", "explicaciones con contactos concretos"),
    Sight.AGENTS: Bilingual("numbers by agent", "números por agente"),
    Sight.VALUE: Bilingual("money", "dinero"),
    Sight.CUSTOMERS: Bilingual("single customers", "clientes concretos"),
}
"""Content in words."""


class Grant(NamedTuple):
    """Content that a role may see, and whom the role is for."""

    sees: frozenset[Sight]
    for_whom: Bilingual


_BOARD = frozenset({Sight.WALL, Sight.SNAPSHOT})
_ANALYST = _BOARD | {Sight.PLANNING}
ROLES: Mapping[Role, Grant] = {
    Role.BOARD: Grant(_BOARD, Bilingual("the room's screen", "la pantalla de la sala")),
    Role.SCRAPE: Grant(frozenset({Sight.METRICS}), Bilingual("Prometheus", "Prometheus")),
    Role.ANALYST: Grant(_ANALYST, Bilingual("who plans and reports", "quien planifica e informa")),
    Role.SUPERVISOR: Grant(
        _ANALYST | {Sight.EXPLANATIONS, Sight.AGENTS}, Bilingual("who leads a team", "quien dirige un equipo")
    ),
    Role.VALUE: Grant(frozenset({Sight.VALUE}), Bilingual("who may see money", "quien puede ver dinero")),
    Role.CUSTOMER: Grant(
        frozenset({Sight.CUSTOMERS}), Bilingual("who may look up a customer", "quien puede consultar un cliente")
    ),
}
"""Every role. ``value`` and ``customer`` are for pages of their own kind only and are given beside another role."""

EVERY_SIGHT = frozenset(Sight)
NOTHING: frozenset[Sight] = frozenset()
_NOTHING_IN_WORDS = Bilingual("nothing", "nada")


def seen_by(roles: Iterable[Role]) -> frozenset[Sight]:
    """Content that at least one of the roles may see."""
    return NOTHING.union(*(ROLES[role].sees for role in roles))


def roles_that_see(sight: Sight) -> tuple[Role, ...]:
    """The roles that may see some content, those with the least first."""
    return tuple(role for role in Role if sight in ROLES[role].sees)


def in_words(sights: Iterable[Sight], language: Language = Language.ENGLISH) -> str:
    """Content as a list of words."""
    found = set(sights)
    return ", ".join(SIGHTS[each].of(language) for each in Sight if each in found) or _NOTHING_IN_WORDS.of(language)


def parse_role(text: str) -> Role:
    """The role of a name.

    Raises:
        ValueError: there is no such role.
    """
    try:
        return Role(text.strip())
    except ValueError:
        raise ValueError(f"{text.strip()!r} is no role; use {', '.join(Role)}") from None
