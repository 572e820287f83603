"""From Kafka to the page: what a caller who waits does to the service level, and the field's reference numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from streams.common.vocabulary import Channel, Clock
from streams.config.queue_settings import QueueSettings
from streams.config.settings import Settings
from streams.facts.conversations.measures import ConversationMeasure
from streams.sources.outgoing import OutgoingEvent, cloud_event, outgoing
from streams.stack.addresses import free_port
from tests.conftest import SettingsFactory
from tests.faults.load import FIRST_MS, publish
from tests.support.boards import ICMI_RATIOS
from tests.support.numbers import Numbers
from tests.support.processes import Programs, eventually, programs

Environment = Callable[[Settings], dict[str, str]]
Labels = dict[str, str]
LEVEL = "contact_center_service_level_ratio"
SUPPORT: Labels = {"channel": "call", "queue": "support"}
HOUR: Labels = {**SUPPORT, "window": "1h"}
SHORT_REMOVED: Labels = {**HOUR, "variant": "short_removed"}


class Page:
    """The metrics page of an exporter."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/metrics?detail=full"

    def value(self, name: str, labels: Labels) -> float | None:
        """The sample with just these labels; ``None`` where there is none."""
        with urlopen(self._url, timeout=10) as answer:
            families = text_string_to_metric_families(answer.read().decode())
            samples = [s for family in families for s in family.samples if s.name == name and s.labels == labels]
        assert len(samples) <= 1
        return samples[0].value if samples else None

    def shows(self, name: str, labels: Labels, value: float | None) -> None:
        """Wait until the sample has this value."""
        eventually(f"{name}{labels} = {value}", lambda: self.value(name, labels) == value)


@contextmanager
def page(run: Programs) -> Iterator[Page]:
    """The page of an exporter that runs for the length of the block."""
    port = free_port()
    exporter = run.veinte("exporter", VEINTE_EXPORTER_PORT=str(port))
    eventually("an exporter", lambda: "exporter listens" in exporter.stdout or exporter.status is not None)
    assert exporter.status is None, str(exporter)
    yield Page(port)
    assert 0 == exporter.ask_to_stop(), str(exporter)


def call(name: str, verb: str, at_ms: int, queue: str | None = None) -> OutgoingEvent:
    """One event of a call."""
    data = {} if queue is None else {"queue": queue}
    return outgoing(cloud_event(f"call.{verb}", "/test", f"{name}-{verb}", at_ms, name, data), at_ms)


def test_a_caller_who_waits_past_the_target(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """Past 20 s she is a miss while she waits, and the number does not move when she is answered at 45 s."""
    settings = settings_factory(clock=Clock.EVENT)
    with programs(environment_of(settings), tmp_path / "programs") as run, page(run) as board:
        worker = run.worker()
        publish(settings, [call("she", "offered", FIRST_MS, "support")])
        board.shows("contact_center_contacts_waiting", SUPPORT, 1)
        assert board.value(LEVEL, SHORT_REMOVED) is None
        publish(settings, [call("another", "offered", FIRST_MS + 20_000, "sales")])
        board.shows("contact_center_longest_wait_seconds", SUPPORT, 20)
        assert board.value(LEVEL, SHORT_REMOVED) is None
        publish(settings, [call("another", "answered", FIRST_MS + 30_000)])
        board.shows(LEVEL, SHORT_REMOVED, 0)
        assert 1 == board.value("contact_center_service_level_denominator", SHORT_REMOVED)
        assert 1 == board.value("contact_center_contacts_waiting_past_target", SUPPORT)
        assert 30 == board.value("contact_center_longest_wait_seconds", SUPPORT)
        publish(settings, [call("she", "answered", FIRST_MS + 45_000)])
        board.shows("contact_center_contacts_waiting", SUPPORT, 0)
        assert 0 == board.value(LEVEL, SHORT_REMOVED)
        assert 1 == board.value("contact_center_service_level_denominator", SHORT_REMOVED)
        assert 0 == board.value("contact_center_contacts_waiting_past_target", SUPPORT)
        assert 1 == board.value("contact_center_contacts_answered", HOUR)
        assert 0 == worker.ask_to_stop(), str(worker)


def test_the_reference_numbers_of_the_field(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """ICMI: 1000 answered, 860 of them in time; 60 abandoned, 20 in time, 10 of those short: six service levels."""
    settings = settings_factory(clock=Clock.EVENT)
    events: list[OutgoingEvent] = []
    waits_ms = [20_000] * 860 + [20_001] * 140 + [5_000] * 10 + [5_001] * 10 + [20_001] * 40
    for number, wait_ms in enumerate(waits_ms):
        offered_ms = FIRST_MS + number * 2_000
        verb = "answered" if number < 1000 else "abandoned"
        events.append(call(f"call-{number}", "offered", offered_ms, "support"))
        events.append(call(f"call-{number}", verb, offered_ms + wait_ms))
    publish(settings, events)
    with programs(environment_of(settings), tmp_path / "programs") as run:
        run.drain()
        with page(run) as board:
            eventually("numbers", lambda: board.value(LEVEL, SHORT_REMOVED) is not None)
            found = {variant: board.value(LEVEL, {**HOUR, "variant": variant}) for variant in ICMI_RATIOS}
    assert ICMI_RATIOS == {variant: round(value or 0, 4) for variant, value in found.items()}


def test_an_edited_promise_judges_new_contacts_only(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """A call that began under a target of 20 s is judged by it, though the settings say 60 s when it is answered."""
    old = settings_factory(clock=Clock.EVENT)
    generous = (QueueSettings(channel=Channel.CALL, target_seconds=60),)
    new = old.model_copy(update={"queues": {"support": generous}})
    edited = environment_of(Settings(**{**old.model_dump(exclude_unset=True), "queues": {"support": generous}}))
    publish(old, [call("before", "offered", FIRST_MS, "support")])
    with programs(environment_of(old), tmp_path / "before") as run:
        run.drain()
    publish(new, [call("before", "answered", FIRST_MS + 45_000), call("before", "ended", FIRST_MS + 90_000)])
    publish(new, [call("after", "offered", FIRST_MS + 50_000, "support"), call("after", "answered", FIRST_MS + 95_000)])
    with programs(edited, tmp_path / "after") as run:
        run.drain()
    totals = Numbers(old).totals()
    measures = (
        ConversationMeasure.ANSWERED,
        ConversationMeasure.ANSWERED_WITHIN,
        ConversationMeasure.REACHED_TARGET,
        ConversationMeasure.CONTACT_REACHED_TARGET,
    )
    assert [2, 1, 1, 1] == [totals[measure] for measure in measures]
