"""Language negotiation: the reader's language from a link or the ``Accept-Language`` header."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from streams.common.languages import Language


def preferred_language(accept: str) -> Language:
    """The supported language with the greatest weight in an ``Accept-Language`` header; English where it names none."""
    weights: dict[Language, float] = {}
    for item in accept.split(","):
        tag, *parameters = (part.strip().lower() for part in item.split(";"))
        language = tag.split("-")[0]
        if language in set(Language):
            weight = max(_weight(parameters), weights.get(Language(language), 0.0))
            weights[Language(language)] = weight
    return max(weights, key=lambda language: weights[language], default=Language.ENGLISH)


def language_of_link(link: str, accept: str) -> Language:
    """The language that a link to a page names (``lang=``), else the preferred one."""
    named = dict(parse_qsl(urlsplit(link).query)).get("lang", "")
    return Language(named) if named in set(Language) else preferred_language(accept)


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0
