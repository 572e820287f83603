"""Query of a link to the wallboard: a link is a view."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode

from metrics.wallboard import words
from metrics.web.problems import BadQuery
from streams.common.languages import Bilingual, Language
from streams.common.vocabulary import Channel


class ViewName(StrEnum):
    """The pages of the wallboard."""

    QUEUES = "queues"  # the room's screen
    QUEUE = "queue"
    WEEK = "week"


THEMES = ("", "light", "dark")
"""Names of the themes; the empty one follows the browser."""
MOST_QUEUES = 50
"""Queues of one link; more would not be readable from across a room."""


class WrongLink(BadQuery):
    """A link that is no view. ``instead``: links that are, each with the parameter that it shows the right value of."""

    def __init__(self, sentence: Bilingual, instead: Iterable[tuple[str, BoardQuery]] = ()) -> None:
        super().__init__(sentence.en)
        self.sentence = sentence
        self.instead = tuple(instead)


@dataclass(frozen=True)
class BoardQuery:
    """One view. ``queues``: those to show, in this order, all if empty; ``channel``: the only channel to show."""

    view: ViewName = ViewName.QUEUES
    queues: tuple[str, ...] = ()
    channel: Channel | None = None
    language: Language = Language.ENGLISH
    theme: str = ""

    @classmethod
    def parse(cls, parameters: Iterable[tuple[str, str]], language: Language) -> BoardQuery:
        """Parse the parameters ``view=``, ``queue=`` (any number of times), ``channel=``, ``lang=`` and ``theme=``.

        Args:
            parameters: names and values in the order of the link.
            language: used where ``lang`` is not given.

        Raises:
            WrongLink: a parameter or a value is unknown, a parameter is repeated, or the number of queues does not fit
                the view.
        """
        one, queues = _sorted_out(parameters)
        view = ViewName(_known("view", one.get("view", ViewName.QUEUES)))
        if view is ViewName.QUEUE and len(queues) != 1:
            raise WrongLink(words.ONE_QUEUE)
        if view is ViewName.WEEK and len(queues) > 1:
            raise WrongLink(words.ONE_QUEUE_OR_ALL, [("view=week", cls(ViewName.WEEK))])
        if len(queues) > MOST_QUEUES:
            raise WrongLink(_filled(words.TOO_MANY_QUEUES, number=len(queues), most=MOST_QUEUES))
        channel = _known("channel", one["channel"]) if "channel" in one else None
        return cls(
            view=view,
            queues=tuple(dict.fromkeys(queues)),
            channel=None if channel is None else Channel(channel),
            language=Language(_known("lang", one.get("lang", language))),
            theme=_known("theme", one.get("theme", "")),
        )

    def link(self) -> str:
        """The address of this view, relative to the exporter."""
        parameters = [("view", self.view.value), *(("queue", queue) for queue in self.queues)]
        if self.channel is not None:
            parameters.append(("channel", self.channel.value))
        parameters.append(("lang", self.language.value))
        if self.theme:
            parameters.append(("theme", self.theme))
        return f"/?{urlencode(parameters)}"


RIGHT: Mapping[str, Mapping[str, BoardQuery | None]] = {
    "view": {
        ViewName.QUEUES: BoardQuery(),
        ViewName.QUEUE: None,  # which queue is not known
        ViewName.WEEK: BoardQuery(ViewName.WEEK),
    },
    "channel": {channel: BoardQuery(channel=channel) for channel in Channel},
    "lang": {language: BoardQuery(language=language) for language in Language},
    "theme": {"": None, **{theme: BoardQuery(theme=theme) for theme in THEMES if theme}},
}
"""The values of each parameter but ``queue``, with the link that shows one where there is such a link."""


def _filled(text: Bilingual, **values: object) -> Bilingual:
    return Bilingual(*(text.of(language).format(**values) for language in Language))


def _sorted_out(parameters: Iterable[tuple[str, str]]) -> tuple[dict[str, str], list[str]]:
    """The parameters that come once, and the queues."""
    one: dict[str, str] = {}
    queues: list[str] = []
    for name, value in parameters:
        if name == "queue":
            if not value.strip():
                raise WrongLink(words.EMPTY_QUEUE)
            queues.append(value)
        elif name not in RIGHT:
            raise WrongLink(_filled(words.UNKNOWN_PARAMETER, name=repr(name)))
        elif name in one:
            raise WrongLink(_filled(words.TWICE, name=name))
        else:
            one[name] = value
    return one, queues


def _known(name: str, value: str) -> str:
    right = RIGHT[name]
    if value not in right:
        sentence = _filled(words.UNKNOWN_VALUE, name=name, value=repr(value), values=", ".join(filter(None, right)))
        raise WrongLink(sentence, [(f"{name}={known}", link) for known, link in right.items() if link is not None])
    return value
