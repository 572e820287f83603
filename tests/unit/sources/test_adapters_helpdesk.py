"""The help desk adapter, rule by rule on cases made by hand, and whole against the oracle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.common.errors import UserError
from streams.sources.logs import italian_helpdesk
from streams.sources.outgoing import OutgoingEvent
from tests.oracles import helpdesk_oracle
from tests.oracles.logs import HELPDESK, research_log

HEADER = (
    "Case ID,Activity,Resource,Complete Timestamp,seriousness,customer,product,responsible_section,service_level,"
    "support_section,workgroup"
)
ROME = ZoneInfo("Europe/Rome")
SEEN, TAKE, WAIT = "Assign seriousness", "Take in charge ticket", "Wait"
SOLVE, CLOSED = "Resolve ticket", "Closed"
ACTIVITIES = (
    *(SEEN, TAKE, WAIT, SOLVE, CLOSED, "RESOLVED", "VERIFIED", "INVALID", "DUPLICATE", "Create SW anomaly"),
    *("Require upgrade", "Insert ticket", "Schedule intervention", "Resolve SW anomaly"),
)


FOLDED = (
    *("opened", "reopened", "solved"),
    *("first_response_count", "first_response_seconds_sum", "resolution_seconds_sum"),
)
"""Columns read off the events here; the others are compared after the fold, with the oracle."""


def text(*cases: Iterable[str], same_instant: bool = False) -> str:
    """A log of cases; their steps are an hour apart, or all at one instant."""
    lines = [HEADER]
    for number, activities in enumerate(cases, 1):
        for step, activity in enumerate(activities):
            day, hour = (1, 8) if same_instant else (1 + step // 24, step % 24)
            time = f"2010/07/{day:02} {hour:02}:30:00.000"
            lines.append(f"Case {number},{activity},Value 7,{time},Value 1,Value 3,P{number % 2},Value 1,Value 2,V,W")
    return "\n".join(lines) + "\n"


def write(folder: Path, content: str) -> Path:
    """A log file with this content."""
    path = folder / "helpdesk.csv"
    path.write_text(content)
    return path


def verb(event: OutgoingEvent) -> str:
    """``solved`` of ``ticket.solved``."""
    return str(event.body["type"]).removeprefix("ticket.")


def by_row(path: Path) -> list[list[str]]:
    """The verbs of every row, rows without an event left out."""
    rows: dict[int, list[str]] = {}
    for event in italian_helpdesk.read(path).events:
        rows.setdefault(event.body["sequence"], []).append(verb(event))
    return list(rows.values())


CASES: dict[str, tuple[tuple[str, ...], list[list[str]]]] = {
    "the first event opens, then follows its own rule": ((TAKE,), [["opened", "assigned", "replied"]]),
    "a meaningless first event only opens": (("Insert ticket", SEEN), [["opened"]]),
    "a case that begins with a wait": ((WAIT, SOLVE), [["opened", "held"], ["solved"]]),
    "only the first one in charge is a reply": (
        (SEEN, TAKE, TAKE),
        [["opened"], ["assigned", "replied"], ["assigned"]],
    ),
    "a hold lasts over repeated waits until something else": (
        (SEEN, WAIT, WAIT, "Schedule intervention", SOLVE),
        [["opened"], ["held"], ["resumed"], ["solved"]],
    ),
    "a solve ends a hold by itself": ((SEEN, WAIT, "RESOLVED"), [["opened"], ["held"], ["solved"]]),
    "a close ends a hold by itself": ((SEEN, WAIT, CLOSED), [["opened"], ["held"], ["closed"]]),
    "every meaningless step ends a hold": (
        (SEEN, WAIT, "Resolve SW anomaly", WAIT, SEEN, WAIT, "VERIFIED"),
        [["opened"], ["held"], ["resumed"], ["held"], ["resumed"], ["held"], ["resumed"]],
    ),
    "taken in charge from hold": (
        (SEEN, WAIT, TAKE),
        [["opened"], ["held"], ["resumed", "assigned", "replied"]],
    ),
    "taken in charge after a solve reopens": (
        (TAKE, SOLVE, TAKE, SOLVE),
        [["opened", "assigned", "replied"], ["solved"], ["reopened", "assigned"], ["solved"]],
    ),
    "a wait after a solve reopens and holds": (
        (TAKE, SOLVE, WAIT, WAIT, TAKE),
        [["opened", "assigned", "replied"], ["solved"], ["reopened", "held"], ["resumed", "assigned"]],
    ),
    "a wait after a close reopens and holds": (
        (SEEN, CLOSED, WAIT, SOLVE),
        [["opened"], ["closed"], ["reopened", "held"], ["solved"]],
    ),
    "a repeated solve is told as it is": (
        (SEEN, SOLVE, SOLVE, CLOSED),
        [["opened"], ["solved"], ["solved"], ["closed"]],
    ),
    "invalid before a solve removes": ((SEEN, "INVALID"), [["opened"], ["removed"]]),
    "a duplicate on hold removes": ((SEEN, WAIT, "DUPLICATE"), [["opened"], ["held"], ["resumed", "removed"]]),
    "invalid, duplicate and verified after a solve mean nothing": (
        (SEEN, SOLVE, "INVALID", "DUPLICATE", "VERIFIED"),
        [["opened"], ["solved"]],
    ),
    "an anomaly or an upgrade escalates": (
        ("Create SW anomaly", "Require upgrade"),
        [["opened", "escalated"], ["escalated"]],
    ),
}


@pytest.mark.parametrize("same_instant", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_rules_of_a_case(name: str, same_instant: bool, tmp_path: Path) -> None:
    """The rows of a case become the events that their rules name, also when all happen at one instant."""
    activities, expected = CASES[name]
    assert expected == by_row(write(tmp_path, text(activities, same_instant=same_instant)))


def test_what_an_event_carries(tmp_path: Path) -> None:
    """The contact is the case, its queue the product; the id is row and type, and the row orders an instant."""
    opened, held, resumed, assigned, replied = italian_helpdesk.read(write(tmp_path, text((SEEN, WAIT, TAKE)))).events
    assert {
        "specversion": "1.0",
        "id": "1/opened",
        "source": "/helpdesk",
        "type": "ticket.opened",
        "time": "2010-06-30T22:30:00.000Z",
        "subject": "Case 1",
        "sequence": 1,
        "data": {"queue": "P1", "customer": "Value 3"},
    } == opened.body
    assert ("tickets", "Case 1", 1277937000000) == (opened.topic, opened.key, opened.time_ms)
    assert ["2/held", "3/resumed", "3/assigned", "3/replied"] == [
        event.body["id"] for event in (held, resumed, assigned, replied)
    ]
    assert {"agent": "Value 7", "team": "W"} == assigned.body["data"]
    assert {"agent": "Value 7", "public": True, "automated": False} == replied.body["data"]


def test_rows_without_an_event_are_counted_by_reason(tmp_path: Path) -> None:
    """Every row gives an event or is counted with the reason why not."""
    log = italian_helpdesk.read(
        write(tmp_path, text((SEEN, SEEN, WAIT, WAIT, SOLVE, "INVALID"), (TAKE, "VERIFIED", SOLVE)))
    )
    assert {"no_event_of_its_own": 2, "repeated_wait": 1, "removal_after_solve": 1} == log.left_out
    assert (9, 2, 7) == (log.rows, log.contacts, log.count)


def test_identical_rows_stay_two_events(tmp_path: Path) -> None:
    """The log repeats rows on purpose: the row number keeps their events apart."""
    events = list(italian_helpdesk.read(write(tmp_path, text((TAKE, SOLVE, SOLVE), same_instant=True))).events)
    assert ["2/solved", "3/solved"] == [event.body["id"] for event in events[-2:]]
    assert len(events) == len({event.body["id"] for event in events})


GOOD = text((SEEN,)).splitlines()[1]
BAD_FILES = {
    "line 1: expected a header of comma-separated columns, there is no 'Case ID', 'Activity', 'Resource' and 4 ": (
        b"a,b\n"
    ),
    "line 3: expected 11 fields, found 0": f"{HEADER}\n{GOOD}\n\n".encode(),
    "line 2: not a row of delimited fields": f'{HEADER}\n"{GOOD}\n'.encode(),
    "line 2: byte 6 is not UTF-8": f"{HEADER}\n".encode() + b"Case \xe9\n",
    "line 2: expected a time such as 2010/10/29 10:14:06.000": f"{HEADER}\n{GOOD.replace('2010/', '2010-')}\n".encode(),
    "line 2: expected one of the help desk's activities, found 'Assign'": (
        f"{HEADER}\n{GOOD.replace(SEEN, 'Assign')}\n".encode()
    ),
    "line 2: expected a Case ID and a product": f"{HEADER}\n{GOOD.replace('P1', '')}\n".encode(),
}


@pytest.mark.parametrize("message", BAD_FILES)
def test_a_file_that_is_no_such_log(message: str, tmp_path: Path) -> None:
    """The error names the file, the line and what was expected there."""
    path = tmp_path / "bad.csv"
    path.write_bytes(BAD_FILES[message])
    with pytest.raises(UserError) as error:
        italian_helpdesk.read(path)
    assert f"{path}, {message}" in str(error.value)


class Ticket:
    """A ticket folded in the plainest way: what the contract says of each event, one after the other."""

    def __init__(self, opened: OutgoingEvent) -> None:
        self.queue = opened.body["data"]["queue"]
        self.opened = opened.time_ms
        self.reply: int | None = None
        self.solved: int | None = None
        self.reopenings: list[int] = []
        self.held = self.removed = False

    def apply(self, event: OutgoingEvent) -> None:
        """One more event."""
        kind = verb(event)
        if kind == "replied" and self.reply is None:
            self.reply = event.time_ms
        elif kind in ("held", "resumed"):
            self.held = kind == "held"
        elif kind in ("solved", "closed") and self.solved is None:
            self.solved, self.held = event.time_ms, False
        elif kind == "reopened" and self.solved is not None:
            self.reopenings.append(event.time_ms)
            self.solved = None
        elif kind == "removed":
            self.removed = True

    def state(self) -> str | None:
        """Its state at the end, ``None`` once solved."""
        if self.solved is not None:
            return None
        return "on_hold" if self.held else "unattended" if self.reply is None else "open"


def folded(events: Iterable[OutgoingEvent]) -> tuple[helpdesk_oracle.Numbers, helpdesk_oracle.OpenAtEnd]:
    """The oracle's numbers from the events."""
    tickets: dict[str, Ticket] = {}
    for event in events:
        if event.key not in tickets:
            tickets[event.key] = Ticket(event)
        tickets[event.key].apply(event)
    sums: defaultdict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(int))
    at_end: defaultdict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))

    def add(time_ms: int, ticket: Ticket, **amounts: float) -> None:
        day = datetime.fromtimestamp(time_ms / 1000, UTC).astimezone(ROME).date().isoformat()
        for key in ((day, ticket.queue), (day, "*"), ("*", ticket.queue), ("*", "*")):
            for name, amount in amounts.items():
                sums[key][name] += amount

    for ticket in tickets.values():
        if ticket.removed:
            continue
        add(ticket.opened, ticket, opened=1)
        for time_ms in ticket.reopenings:
            add(time_ms, ticket, reopened=1)
        if ticket.reply is not None:
            seconds = (ticket.reply - ticket.opened) / 1000
            add(ticket.reply, ticket, first_response_count=1, first_response_seconds_sum=seconds)
        if ticket.solved is not None:
            add(ticket.solved, ticket, solved=1, resolution_seconds_sum=(ticket.solved - ticket.opened) / 1000)
        state = ticket.state()
        if state is not None:
            at_end[ticket.queue][state] += 1
            at_end["*"][state] += 1
    numbers = {key: {name: value for name, value in fields.items() if value} for key, fields in sums.items()}
    return numbers, {queue: dict(states) for queue, states in at_end.items()}


def assert_as_oracle(path: Path) -> None:
    """The folded events of a log equal what the oracle finds in its rows."""
    numbers, at_end = folded(italian_helpdesk.read(path).events)
    told = {
        key: {name: value for name, value in fields.items() if name in FOLDED}
        for key, fields in helpdesk_oracle.helpdesk_numbers(str(path)).items()
    }
    assert {key: fields for key, fields in told.items() if fields} == numbers
    assert helpdesk_oracle.open_at_end(str(path)) == at_end


@given(cases=st.lists(st.lists(st.sampled_from(ACTIVITIES), min_size=1, max_size=9), min_size=1, max_size=4))
def test_any_cases_agree_with_the_oracle(cases: list[list[str]], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever the steps of the cases, the events say what the oracle finds in the rows."""
    assert_as_oracle(write(tmp_path_factory.mktemp("log"), text(*cases)))


def test_the_events_of_the_log_agree_with_the_oracle() -> None:
    """The whole log: every count and sum by day and product."""
    path = research_log(HELPDESK)
    assert_as_oracle(path)
    log = italian_helpdesk.read(path)
    assert (11_080, 2_290) == (log.rows, log.contacts)
    assert {"opened": 2290, "solved": 2290, "reopened": 127} == {
        name: value
        for name, value in helpdesk_oracle.helpdesk_numbers(str(path))["*", "*"].items()
        if name in ("opened", "solved", "reopened")
    }


@pytest.mark.parametrize("until", ["2010/07/01", "2011/03/28", "2011/10/20"])
def test_the_log_cut_at_a_day_agrees_with_the_oracle(until: str, tmp_path: Path) -> None:
    """Cut at a day, tickets are still open, on hold or unattended, and by state they agree too."""
    header, *lines = research_log(HELPDESK).read_text().splitlines()
    kept = [line for line in lines if line.split(",")[3] < until]
    path = write(tmp_path, "\n".join((header, *kept)) + "\n")
    assert_as_oracle(path)
    assert {"on_hold", "open"} <= helpdesk_oracle.open_at_end(str(path))["*"].keys()
