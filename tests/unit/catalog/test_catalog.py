"""The catalogue: every KPI once, explained in both languages; what the pipeline says about itself."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.catalog import CATALOG, PIPELINE, QUEUE_KPIS
from metrics.catalog.data_quality import FOLDED_LABELS
from metrics.catalog.event_flow import CONFLICTS
from metrics.catalog.formulas import formulas
from metrics.catalog.model import Average, Clearance, Count, Kpi, Ratio, Unit
from metrics.catalog.planning import OutlookKpi
from metrics.planning.view import View
from metrics.snapshot.blindness import BLIND_REASONS
from metrics.snapshot.snapshot import ChannelHealth, PipelineNumbers, RowKey, TopicNumbers
from streams.access.tokens import Refusal
from streams.common.languages import Bilingual, Language
from streams.common.vocabulary import Channel
from streams.contract.decoding import REASONS
from streams.facts.domains import MEASURES
from streams.facts.tickets.measures import TicketMeasure
from streams.store.reconciled import Reconciled
from tests.support.boards import NOW_MS, live_of, row, snapshot
from tests.support.covers import covers

GHOSTS = live_of(stale=5)
RUNNING = View(
    snapshot(
        rows={RowKey(Channel.CALL, "sales"): row(live=GHOSTS), RowKey(Channel.CHAT, "help"): row(live=GHOSTS)},
        pipeline=PipelineNumbers(
            topics={
                "calls": TopicNumbers(
                    applied=100,
                    rejected={"not_json": 2, "too_old": 1},
                    late=3,
                    lost=4,
                    conflicting=5,
                    folded={"queue": 6},
                    incomplete=7,
                    newest_ms=NOW_MS - 1_500,
                    aside=5,
                ),
                "chats": TopicNumbers(applied=10, conflicting=1, folded={"queue": 1}, incomplete=2),
            },
            lag={("calls", 1): 8, ("calls", 0): 9},
            conflicts={"owner": 10, "unheard of": 1},
            stopped={("calls", 1): "internal", ("calls", 0): ""},
            reconciled={"calls": Reconciled(NOW_MS - 60_000, None, None, 1_000, 3)},
        ),
    ),
    age_ms=750,
)
RECOUNTED = ("veinte_reconcile_difference", "veinte_reconcile_age_seconds")
REFUSED = "veinte_requests_refused_total"
OF_THE_VIEW = ("veinte_snapshot_age_seconds", "veinte_blind", "veinte_blind_reason", "veinte_repeats_blind")
"""The other numbers of the pipeline are sums of what its topics say."""
SAID: dict[str, list[tuple[dict[str, str], float]]] = {
    "veinte_events_applied_total": [({"topic": "calls"}, 100), ({"topic": "chats"}, 10)],
    "veinte_events_rejected_total": [
        ({"topic": topic, "reason": reason}, refused.get(reason, 0))
        for topic, refused in (("calls", {"not_json": 2, "too_old": 1}), ("chats", {}))
        for reason in sorted(REASONS)
    ],
    "veinte_events_late_total": [({"topic": "calls"}, 3), ({"topic": "chats"}, 0)],
    "veinte_events_aside": [({"topic": "calls"}, 5), ({"topic": "chats"}, 0)],
    "veinte_events_lost_total": [({"topic": "calls"}, 4), ({"topic": "chats"}, 0)],
    "veinte_events_conflicting_total": [({}, 6)],
    "veinte_event_age_seconds": [({"topic": "calls"}, 1.5)],
    "veinte_consumer_lag_events": [
        ({"topic": "calls", "partition": "0"}, 9),
        ({"topic": "calls", "partition": "1"}, 8),
    ],
    "veinte_partition_stopped": [
        ({"topic": "calls", "partition": "0", "reason": "refused"}, 0),
        ({"topic": "calls", "partition": "0", "reason": "internal"}, 0),
        ({"topic": "calls", "partition": "1", "reason": "refused"}, 0),
        ({"topic": "calls", "partition": "1", "reason": "internal"}, 1),
    ],
    "veinte_commit_conflicts_total": [
        ({"reason": "emptied"}, 0),
        ({"reason": "moved"}, 0),
        ({"reason": "owner"}, 10),
        ({"reason": "unheard of"}, 1),
    ],
    "veinte_snapshot_age_seconds": [({}, 0.75)],
    "veinte_blind": [({"channel": "call"}, 0), ({"channel": "chat"}, 0), ({"channel": "ticket"}, 0)],
    "veinte_blind_reason": [
        ({"topic": topic, "reason": reason}, 0)
        for topic in ("calls", "chats", "tickets", "contacts")
        for reason in BLIND_REASONS
    ],
    "veinte_repeats_blind": [({}, 0)],
    "veinte_labels_folded_total": [
        ({"label": "agent"}, 0),
        ({"label": "kind"}, 0),
        ({"label": "queue"}, 7),
        ({"label": "team"}, 0),
        ({"label": "topic"}, 0),
    ],
    "veinte_series_folded_queues": [({}, 0)],
    "veinte_requests_refused_total": [({"reason": reason}, 0) for reason in sorted(Refusal)],
    "veinte_ghost_contacts": [({}, 10)],
    "veinte_incomplete_contacts": [({}, 9)],
    "veinte_reconcile_difference": [({"topic": "calls"}, 3)],
    "veinte_reconcile_age_seconds": [({"topic": "calls"}, 60.75)],
}


def names_of(kpi: Kpi) -> list[str]:
    """Every name of /metrics that a KPI makes."""
    match kpi:
        case Ratio() | OutlookKpi() if kpi.unit is Unit.RATIO:
            return [kpi.name, f"{kpi.base}_numerator", f"{kpi.base}_denominator"]
        case Average():
            return [kpi.name, f"{kpi.name}_sum", f"{kpi.name}_count"]
        case Count():
            return list(dict.fromkeys((kpi.name, kpi.gauge)))
    return [kpi.name]


def test_names_are_unique_and_speak_of_their_kind() -> None:
    """No name comes twice, also among the names that are made from it; ratios, counters and seconds say so."""
    names = Counter(name for kpi in CATALOG for name in names_of(kpi))
    assert dict.fromkeys(names, 1) == dict(names)
    for kpi in CATALOG:
        assert re.fullmatch(r"(contact_center|veinte)_[a-z0-9_]+", kpi.name)
        assert (isinstance(kpi, Count) and not kpi.top) == kpi.name.endswith("_total") or kpi in PIPELINE
        assert not isinstance(kpi, Ratio) or kpi.name.endswith("_ratio")
        assert not isinstance(kpi, Average | Clearance) or kpi.name.endswith("_seconds")


@pytest.mark.parametrize("kpi", CATALOG, ids=lambda kpi: kpi.name)
def test_every_kpi_is_explained_in_english_and_spanish(kpi: Kpi) -> None:
    """Title, help and who is counted are there in both languages and differ between them; help is a sentence."""
    assert set(Language) == set(kpi.text)
    english, spanish = kpi.text[Language.ENGLISH], kpi.text[Language.SPANISH]
    for text in (english, spanish):
        assert re.fullmatch(r"[A-Z].*[^.]", text.title)
        assert re.fullmatch(r"[A-Z1].*\.", text.help)
        assert re.fullmatch(r"[A-Za-z].*\.", text.counted)
    assert (english.title, english.help, english.counted) != (spanish.title, spanish.help, spanish.counted)
    assert english.help != spanish.help
    assert english.counted != spanish.counted


@pytest.mark.parametrize("kpi", CATALOG, ids=lambda kpi: kpi.name)
def test_every_kpi_has_a_definition_in_english_and_spanish(kpi: Kpi) -> None:
    """Formula, clock, attribution and source are there in both languages; a formula is said once."""
    for words in (kpi.clock, kpi.attribution, kpi.source):
        assert all(words)
    for language in Language:
        found = list(formulas(kpi, language))
        assert found
        assert all(re.search(r"`.+`", formula) for formula in found)
    summed = isinstance(kpi, Ratio | Average | Count)
    assert [summed, summed] == [not kpi.text[language].formula for language in Language]


def test_every_measure_has_a_name_in_both_languages() -> None:
    """Formulas speak English and Spanish."""
    assert all(measure.words.en and measure.words.es for measure in MEASURES.values())
    for words in (measure.words for measure in MEASURES.values()):
        assert all(words)
        assert words.en != words.es


def test_every_kpi_of_the_pipeline_has_a_vector_below() -> None:
    """A new number needs a line in the table of this file; those of queues are in ``kpi_vectors``."""
    assert {kpi.name for kpi in PIPELINE} == set(SAID)


@covers(*SAID)
@pytest.mark.parametrize("kpi", PIPELINE, ids=lambda kpi: kpi.name)
def test_the_pipeline_speaks_about_itself(kpi: Kpi) -> None:
    """Each number of the pipeline has the series and values of the table."""
    (known,) = (entry for entry in PIPELINE if entry is kpi)
    assert SAID[kpi.name] == [(dict(sample.labels), sample.value) for sample in known.read(RUNNING)]


def test_the_counter_of_solved_tickets_counts_every_solve() -> None:
    """The window counts a ticket once, the counter each time somebody solved it."""
    (kpi,) = (kpi for kpi in QUEUE_KPIS if kpi.name == "contact_center_tickets_solved_total")
    assert isinstance(kpi, Count)
    assert ((TicketMeasure.SOLVED,), (TicketMeasure.SOLVES,)) == (kpi.amount.plus, kpi.total.plus if kpi.total else ())


def test_words_of_both_languages_are_told_apart() -> None:
    """Asked for a language, the words of that one come."""
    assert ("wait", "espera") == tuple(Bilingual("wait", "espera").of(language) for language in Language)


def test_what_nobody_counted_yet_has_a_zero() -> None:
    """Known reasons and labels are there before their first event: a rate would miss it otherwise."""
    quiet = View(snapshot(pipeline=PipelineNumbers(topics={"calls": TopicNumbers()})), age_ms=0)
    said = {kpi.name: [(dict(sample.labels), sample.value) for sample in kpi.read(quiet)] for kpi in PIPELINE}
    rejected = [({"topic": "calls", "reason": reason}, 0) for reason in sorted(REASONS)]
    assert rejected == said["veinte_events_rejected_total"]
    assert [({"label": label}, 0) for label in sorted(FOLDED_LABELS)] == said["veinte_labels_folded_total"]
    assert [({"reason": reason}, 0) for reason in sorted(CONFLICTS)] == said["veinte_commit_conflicts_total"]


def test_the_reasons_of_conflicts_are_those_of_the_script() -> None:
    """A reason that the fence learns needs a zero of its own."""
    script = resources.files("streams.store").joinpath("commit.lua").read_text()
    assert sorted(CONFLICTS) == sorted(re.findall(r"reason = '(\w+)'", script))


def test_repeats_are_blind_by_themselves() -> None:
    """A silent fold of outcomes blinds what is found across channels, and no channel."""
    silent = ChannelHealth(blind=True, blind_reason="heartbeat", age_ms=60_000)
    view = View(snapshot(repeats=silent), age_ms=0)
    said = {kpi.name: [sample.value for sample in kpi.read(view)] for kpi in PIPELINE}
    assert ([1.0], [0.0, 0.0, 0.0]) == (said["veinte_repeats_blind"], said["veinte_blind"])
    (why,) = (kpi for kpi in PIPELINE if kpi.name == "veinte_blind_reason")
    assert [{"topic": "contacts", "reason": "heartbeat"}] == [
        dict(sample.labels) for sample in why.read(view) if sample.value
    ]


def some_topic() -> st.SearchStrategy[TopicNumbers]:
    """Any counters of one topic."""
    number = st.integers(0, 1_000)
    return st.builds(
        TopicNumbers,
        applied=number,
        rejected=st.dictionaries(st.sampled_from(sorted(REASONS)), number),
        late=number,
        lost=number,
        conflicting=number,
        folded=st.dictionaries(st.sampled_from(FOLDED_LABELS), number),
        incomplete=number,
        newest_ms=st.none() | st.integers(NOW_MS - 10**6, NOW_MS),
    )


@covers(*(name for name in SAID if name not in (*OF_THE_VIEW, *RECOUNTED, REFUSED)))
@given(some_topic(), some_topic(), st.integers(0, 50), st.integers(0, 50))
def test_what_two_topics_say_adds_up(calls: TopicNumbers, chats: TopicNumbers, lag: int, refused: int) -> None:
    """By topic each says its own; without a topic their numbers are summed."""

    def said(**topics: TopicNumbers) -> dict[str, Counter[tuple[tuple[str, str], ...]]]:
        numbers = PipelineNumbers(topics, {(name, 0): lag for name in topics}, {"moved": refused * len(topics)})
        numbers = replace(numbers, stopped=dict.fromkeys(numbers.lag, "refused"))
        rows = {RowKey(Channel.CALL, name): row(live=live_of(stale=refused)) for name in topics}
        view = View(snapshot(rows, pipeline=numbers), age_ms=0)
        return {kpi.name: Counter({s.labels: s.value for s in kpi.read(view)}) for kpi in PIPELINE}

    both, first, second = said(calls=calls, chats=chats), said(calls=calls), said(chats=chats)
    for name, found in both.items():
        assert (found, name) == (
            Counter({**(first[name]), **{k: first[name][k] + v for k, v in second[name].items()}}),
            name,
        )


@covers(*RECOUNTED)
@given(
    st.dictionaries(st.sampled_from(["calls", "chats"]), st.tuples(st.integers(0, 10**6), st.integers(-5, 10**9))),
    st.integers(0, 10**6),
)
def test_the_last_recount_is_told_by_topic(results: dict[str, tuple[int, int]], age_ms: int) -> None:
    """Each compared topic has its differences and the age of its last recount, never negative; others have none."""
    pipeline = PipelineNumbers(
        reconciled={topic: Reconciled(NOW_MS - ago_ms, 0, None, 10, n) for topic, (n, ago_ms) in results.items()}
    )
    view = View(snapshot(pipeline=pipeline), age_ms)
    said = {kpi.name: {dict(s.labels)["topic"]: s.value for s in kpi.read(view)} for kpi in PIPELINE[-2:]}
    assert said == {
        "veinte_reconcile_difference": {topic: n for topic, (n, _) in results.items()},
        "veinte_reconcile_age_seconds": {
            topic: (max(0, ago_ms) + age_ms) / 1000 for topic, (_, ago_ms) in results.items()
        },
    }


@covers(REFUSED)
@given(st.dictionaries(st.sampled_from(Refusal), st.integers(0, 10**9)))
def test_refusals_are_said_by_reason(counted: dict[str, int]) -> None:
    """Each reason has the number that the exporter counted; one that never was is 0 and not missing."""
    (kpi,) = (kpi for kpi in PIPELINE if kpi.name == REFUSED)
    said = {
        dict(sample.labels)["reason"]: sample.value
        for sample in kpi.read(View(snapshot(), 0, refused_requests=counted))
    }
    assert dict.fromkeys(Refusal, 0) | counted == said


@covers(*OF_THE_VIEW)
@given(st.integers(0, 10**9), st.sampled_from(list(Channel)), st.booleans())
def test_blindness_and_age_are_those_of_the_view(age_ms: int, channel: Channel, blind: bool) -> None:
    """Whatever the age: it is shown in seconds, a blind channel is 1, and past 5 s all are."""
    health = {channel: ChannelHealth(blind=blind, blind_reason="loss" if blind else "")}
    said = {kpi.name: list(kpi.read(View(snapshot(health=health), age_ms))) for kpi in PIPELINE}
    assert [age_ms / 1000] == [sample.value for sample in said["veinte_snapshot_age_seconds"]]
    old = age_ms > 5_000
    expected = {str(each): float(old or (blind and each is channel)) for each in Channel}
    assert expected == {dict(sample.labels)["channel"]: sample.value for sample in said["veinte_blind"]}
    assert [float(old)] == [sample.value for sample in said["veinte_repeats_blind"]]
