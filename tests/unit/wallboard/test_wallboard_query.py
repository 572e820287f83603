"""Links of the wallboard: a link is a view."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from metrics.wallboard.query import MOST_QUEUES, BoardQuery, ViewName
from metrics.web.problems import BadQuery
from streams.common.languages import Language
from streams.common.vocabulary import Channel


def parse(address: str) -> BoardQuery:
    return BoardQuery.parse(parse_qsl(urlsplit(address).query, keep_blank_values=True), Language.SPANISH)


@pytest.mark.parametrize(
    "address,expected",
    [
        ("/", BoardQuery(language=Language.SPANISH)),
        ("/?lang=en", BoardQuery()),
        ("/?view=week&lang=en&theme=light", BoardQuery(ViewName.WEEK, theme="light")),
        ("/?view=queue&queue=a%26b&channel=chat&lang=en", BoardQuery(ViewName.QUEUE, ("a&b",), Channel.CHAT)),
        ("/?queue=b&queue=a&queue=b&lang=en", BoardQuery(queues=("b", "a"))),
    ],
)
def test_a_link_says_the_view(address: str, expected: BoardQuery) -> None:
    """Every parameter has a default, the language that of the browser; and a view's own link leads back to it."""
    found = parse(address)
    assert expected == found
    assert found == parse(found.link())


@pytest.mark.parametrize(
    "address,sentence",
    [
        ("/?view=nonsense", "view = 'nonsense' is unknown; use one of queues, queue, week"),
        ("/?lang=fr", "lang = 'fr' is unknown; use one of en, es"),
        ("/?theme=pink", "theme = 'pink' is unknown; use one of light, dark"),
        ("/?channel=fax", "channel = 'fax' is unknown; use one of call, chat, ticket"),
        ("/?lang=es&lang=en", "lang comes twice; give it once"),
        ("/?colour=red", "'colour' is no parameter of the board; use view, queue, channel, lang or theme"),
        ("/?queue=", "queue is empty; name one, such as queue=sales, or leave it out"),
        ("/?view=queue", "view = 'queue' shows one queue; name it, such as /?view=queue&queue=sales"),
        ("/?view=week&queue=a&queue=b", "view = 'week' shows one queue or all; give queue once or leave it out"),
        (
            "/?" + "&".join(f"queue={number}" for number in range(MOST_QUEUES + 1)),
            "51 queues are too many for one screen; give 50 at most",
        ),
    ],
)
def test_a_wrong_link_is_one_sentence(address: str, sentence: str) -> None:
    """A wrong link is refused with the mistake and its correction."""
    with pytest.raises(BadQuery) as caught:
        parse(address)
    assert sentence == str(caught.value)
