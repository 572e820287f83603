"""Query of a link to the wallboard: a link is a view."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode

from metrics.web.problems import BadQuery
from streams.common.languages import Language
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
            BadQuery: a parameter or a value is unknown, a parameter is repeated, or the number of queues does not fit
                the view.
        """
        one: dict[str, str] = {}
        queues: list[str] = []
        for name, value in parameters:
            if name == "queue":
                if not value.strip():
                    raise BadQuery("queue is empty; name one, such as queue=sales, or leave it out")
                queues.append(value)
            elif name not in ("view", "channel", "lang", "theme"):
                raise BadQuery(f"{name!r} is no parameter of the board; use view, queue, channel, lang or theme")
            elif name in one:
                raise BadQuery(f"{name} comes twice; give it once")
            else:
                one[name] = value
        view = ViewName(_known("view", one.get("view", ViewName.QUEUES), list(ViewName)))
        channel = _known("channel", one["channel"], list(Channel)) if "channel" in one else None
        if view is ViewName.QUEUE and len(queues) != 1:
            raise BadQuery("view = 'queue' shows one queue; name it, such as /?view=queue&queue=sales")
        if view is ViewName.WEEK and len(queues) > 1:
            raise BadQuery("view = 'week' shows one queue or all; give queue once or leave it out")
        if len(queues) > MOST_QUEUES:
            raise BadQuery(f"{len(queues)} queues are too many for one screen; give {MOST_QUEUES} at most")
        return cls(
            view=view,
            queues=tuple(dict.fromkeys(queues)),
            channel=None if channel is None else Channel(channel),
            language=Language(_known("lang", one.get("lang", language), list(Language))),
            theme=_known("theme", one.get("theme", ""), THEMES),
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


def _known(name: str, value: str, allowed: Collection[str]) -> str:
    if value not in allowed:
        raise BadQuery(f"{name} = {value!r} is unknown; use one of {', '.join(filter(None, allowed))}")
    return value
