"""Which number is meant: names, labels, channels and windows of a query."""

from __future__ import annotations

import pytest

from metrics.catalog import QUEUE_KPIS
from metrics.catalog.model import Average, Clearance, Count, Now, QueueKpi, Ratio
from metrics.explain.number.question import MOST_SHOWN, Question
from metrics.explain.number.reading import reading_of
from metrics.snapshot.snapshot import Counts, RowKey
from metrics.web.problems import BadQuery
from streams.common.vocabulary import Channel
from streams.contract.topics import Topic
from streams.facts.conversations.measures import ConversationMeasure

LEVEL = "contact_center_service_level_ratio"
FCR = "contact_center_first_contact_resolution_ratio"
BY_TOPIC = next(kpi.name for kpi in QUEUE_KPIS if "topic" in kpi.labels)
COUNTED = (Ratio, Average, Count, Clearance, Now)
SALES = RowKey(Channel.CALL, "sales")
SALES_CHAT = RowKey(Channel.CHAT, "sales")
HELP = RowKey(Channel.CHAT, "help")
MAIL = RowKey(Channel.TICKET, "desk", "email")
ROWS = [SALES, SALES_CHAT, HELP, MAIL]


def ask(**parameters: str) -> Question:
    """The question of these parameters."""
    return Question.parse(parameters.items())


@pytest.mark.parametrize(
    "parameters,sentence",
    [
        ({}, "kpi is missing; name the number to explain"),
        ({"kpi": "service_levl_ratio"}, "is unknown; did you mean service_level_ratio?"),
        ({"kpi": "zzz"}, "is unknown; docs/kpis.md lists all of them"),
        ({"kpi": "veinte_blind"}, "no contacts are behind veinte_blind"),
        ({"kpi": "contact_center_service_level_target_seconds"}, "no contacts are behind"),
        ({"kpi": LEVEL, "queu": "a"}, "'queu' is no parameter"),
        ({"kpi": LEVEL, "variant": "stricter"}, "variant = 'stricter' is no series"),
        ({"kpi": LEVEL, "basis": "net"}, "'basis' is no parameter"),
        ({"kpi": LEVEL, "channel": "ticket"}, f"channel = 'ticket' has no {LEVEL}; use call, chat"),
        ({"kpi": LEVEL, "window": "2h"}, "window = '2h' is no window"),
        ({"kpi": LEVEL, "medium": "email"}, "only tickets have a medium"),
        ({"kpi": LEVEL, "limit": "201"}, f"limit = '201' must be a number of contacts from 0 to {MOST_SHOWN}"),
        ({"kpi": LEVEL, "limit": "-1"}, "limit = '-1' must be"),
        ({"kpi": LEVEL, "limit": "9" * 5000}, f"must be a number of contacts from 0 to {MOST_SHOWN}"),
        ({"kpi": "contacts_waiting", "window": "5m"}, "is true now and has no window"),
        ({"kpi": "speed_of_answer_seconds", "stat": "p99"}, "stat = 'p99' is no series"),
        ({"kpi": BY_TOPIC, "window": "5m"}, "window = '5m' is no window"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(parameters: dict[str, str], sentence: str) -> None:
    """A wrong parameter is named, with what can be said instead."""
    with pytest.raises(BadQuery) as refused:
        ask(**parameters)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_parameter_comes_once() -> None:
    """One number is explained at a time."""
    with pytest.raises(BadQuery, match="queue comes twice"):
        Question.parse([("kpi", LEVEL), ("queue", "a"), ("queue", "b")])


@pytest.mark.parametrize(
    "name,meant",
    [
        (LEVEL, LEVEL),
        ("service_level_ratio", LEVEL),
        ("contact_center_contacts_offered", "contact_center_contacts_offered_total"),
        ("contacts_waiting", "contact_center_contacts_waiting"),
    ],
)
def test_names_may_be_short(name: str, meant: str) -> None:
    """The common beginning may be left out, and a count may go by the name of its gauge."""
    assert meant == ask(kpi=name).kpi.name


@pytest.mark.parametrize(
    "parameters,channel",
    [
        ({"kpi": LEVEL, "queue": "help"}, Channel.CHAT),
        ({"kpi": LEVEL, "queue": "sales", "channel": "chat"}, Channel.CHAT),
        ({"kpi": "tickets_opened_total"}, Channel.TICKET),
        ({"kpi": "tickets_opened_total", "queue": "desk", "medium": "email"}, Channel.TICKET),
        ({"kpi": FCR, "queue": "desk"}, Channel.TICKET),
    ],
)
def test_the_channel_follows_from_the_queue(parameters: dict[str, str], channel: Channel) -> None:
    """It need not be said where the KPI or the queue has one only."""
    assert channel is ask(**parameters).in_channel(ROWS).channel


@pytest.mark.parametrize(
    "parameters,sentence",
    [
        ({"queue": "sales"}, "channel is missing: call and chat have a queue 'sales'; name one of them"),
        ({}, "channel is missing: call and chat have queues; name one of them"),
        ({"queue": "sale"}, "queue = 'sale' is unknown in channel call, chat; did you mean sales?"),
        ({"queue": "xyz", "channel": "call"}, "queue = 'xyz' is unknown in channel call; known are sales"),
        ({"kpi": FCR, "queue": "desk", "medium": "fax"}, "medium = 'fax' is unknown; known are email"),
    ],
)
def test_an_unknown_queue_is_one_sentence(parameters: dict[str, str], sentence: str) -> None:
    """The sentence names the known values, or a similar one."""
    with pytest.raises(BadQuery) as refused:
        ask(**{"kpi": LEVEL, **parameters}).in_channel(ROWS)
    assert sentence == str(refused.value)


def test_before_anything_happened_all_queues_can_be_asked_for() -> None:
    """Nothing is behind the number, and that is an answer."""
    assert Channel.CALL is ask(kpi=LEVEL).in_channel([]).channel


def test_rows_of_a_question() -> None:
    """A star stands for every queue and every medium of one channel."""
    of_all = ask(kpi=FCR, channel="ticket").in_channel(ROWS)
    assert [MAIL] == [row for row in ROWS if of_all.asks_for(row)]
    web = RowKey(Channel.TICKET, "desk", "web")
    by_mail = ask(kpi=FCR, queue="desk", medium="email", channel="ticket").in_channel([MAIL, web])
    assert [MAIL] == [row for row in (MAIL, web) if by_mail.asks_for(row)]


def test_repeats_are_kept_with_the_customers() -> None:
    """KPIs of a customer's contacts are read from the partitions of outcomes, others from those of the channel."""
    assert (Topic.CONTACTS,) == ask(kpi="redial_ratio", channel="call").topics
    assert (Topic.CALLS,) == ask(kpi=LEVEL, channel="call").topics
    assert (Topic.CONTACTS,) == ask(kpi=FCR, channel="chat", basis="repeat_window", state="final").topics
    assert (Topic.CHATS,) == ask(kpi=FCR, channel="chat", basis="net").topics


def test_a_formula_that_is_code_still_tells_its_measures() -> None:
    """Every measure of a service level is found, and nothing else."""
    strict = {
        ConversationMeasure.ANSWERED_WITHIN,
        ConversationMeasure.ABANDONED_WITHIN,
        ConversationMeasure.LEFT_WITHIN,
        ConversationMeasure.REACHED_TARGET,
    }
    assert strict == set(ask(kpi=LEVEL, variant="strict").reading.measures)
    assert strict | {ConversationMeasure.SHORT_WITHIN} == set(ask(kpi=LEVEL).reading.measures)
    assert {ConversationMeasure.ANSWERED_WITHIN, ConversationMeasure.ANSWERED} == set(
        ask(kpi=LEVEL, variant="answered_only").reading.measures
    )


def test_a_percentile_is_of_the_contacts_of_its_average() -> None:
    """The labels are those of the percentile, the measures those of sum and count."""
    reading = ask(kpi="speed_of_answer_seconds", stat="p90").reading
    assert (("stat", "p90"),) == reading.labels
    assert {ConversationMeasure.WAIT_MS, ConversationMeasure.ANSWERED} == set(reading.measures)


def test_one_value_of_a_count_or_all_of_them() -> None:
    """With a label only its value is counted, without it every one."""
    counts = Counts({}, {ConversationMeasure.LEFT_QUEUE: {"reason=timeout": 2, "reason=key": 3}})
    name = "contact_center_contacts_left_queue_total"
    found = [ask(kpi=name, **labels).reading.divide for labels in ({}, {"reason": "timeout"}, {"reason": "empty"})]
    assert [(5, 0), (2, 0), (0, 0)] == [divide(counts) for divide in found if divide is not None]


@pytest.mark.parametrize("kpi", [kpi for kpi in QUEUE_KPIS if isinstance(kpi, COUNTED)], ids=lambda kpi: kpi.name)
def test_every_kpi_of_contacts_can_be_explained(kpi: QueueKpi) -> None:
    """A KPI with a window divides what its measures count; one that is true now reads it."""
    reading = reading_of(kpi, ())
    assert isinstance(kpi, Now) == (reading.read is not None)
    assert isinstance(kpi, Now) == (reading.divide is None)
    assert isinstance(kpi, Now) == (reading.measures == ())
    assert set(reading.measures) <= kpi.measures


@pytest.mark.parametrize("kpi", [kpi for kpi in QUEUE_KPIS if not isinstance(kpi, COUNTED)], ids=lambda kpi: kpi.name)
def test_no_contacts_are_behind_the_rest(kpi: QueueKpi) -> None:
    """Settings, opening hours and outlooks say so."""
    with pytest.raises(BadQuery, match=f"no contacts are behind {kpi.name}: it does not count them"):
        reading_of(kpi, ())
    assert frozenset() == kpi.measures
