"""The bank adapter, rule by rule on rows made by hand, and whole against the expected numbers."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from streams.common.errors import UserError
from streams.sources.logs import anonymous_bank
from streams.sources.outgoing import OutgoingEvent
from tests.oracles import bank_oracle
from tests.oracles.logs import BANK, BANK_EXPECTED, research_log

HEADER = (
    "vru+line\tcall_id\tcustomer_id\tpriority\ttype\tdate\tvru_entry\tvru_exit\tvru_time\tq_start\tq_exit\tq_time\t"
    "outcome\tser_start\tser_exit\tser_time\tserver"
)
NONE = "0:00:00"
ISRAEL = ZoneInfo("Asia/Jerusalem")


def row(
    vru: tuple[str, str] = ("9:00:00", "9:00:10"),
    queue: tuple[str, str] = (NONE, NONE),
    service: tuple[str, str] = (NONE, NONE),
    outcome: str = "AGENT",
    **other: str,
) -> str:
    """One line of the log."""
    fields = {"line": "AA0101", "call": "7", "customer": "0", "type": "PS", "date": "990201", "server": "TOVA", **other}
    return "\t".join(
        (
            *(fields["line"], fields["call"], fields["customer"], "0", fields["type"], fields["date"]),
            *(*vru, "0", *queue, "0", outcome, *service, "0", fields["server"]),
        )
    )


def write(folder: Path, *rows: str) -> Path:
    """A log file of these rows."""
    path = folder / "bank.tsv"
    path.write_text("\n".join((HEADER, *rows)) + "\n")
    return path


def steps(path: Path) -> list[tuple[str, str]]:
    """The verb and the local time of every event."""
    return [(verb(event), local(event).strftime("%d %H:%M:%S")) for event in anonymous_bank.read(path).events]


def verb(event: OutgoingEvent) -> str:
    """``answered`` of ``call.answered``."""
    return str(event.body["type"]).removeprefix("call.")


def local(event: OutgoingEvent) -> datetime:
    """The event's time in Israel."""
    return datetime.fromtimestamp(event.time_ms / 1000, UTC).astimezone(ISRAEL)


CASES = {
    "an answered call that queued": (
        row(queue=("9:00:10", "9:00:40"), service=("9:00:41", "9:02:00")),
        [("offered", "01 09:00:10"), ("answered", "01 09:00:41"), ("ended", "01 09:02:00")],
    ),
    "no queue: offered when the menu ends": (
        row(service=("9:00:12", "9:02:00")),
        [("offered", "01 09:00:10"), ("answered", "01 09:00:12"), ("ended", "01 09:02:00")],
    ),
    "no queue and the service first: offered when the service starts": (
        row(service=("9:00:09", "9:02:00")),
        [("offered", "01 09:00:09"), ("answered", "01 09:00:09"), ("ended", "01 09:02:00")],
    ),
    "skew: never answered before it was offered": (
        row(queue=("9:00:10", "9:00:11"), service=("9:00:07", "9:02:00")),
        [("offered", "01 09:00:10"), ("answered", "01 09:00:10"), ("ended", "01 09:02:00")],
    ),
    "skew: never ended before it was answered": (
        row(queue=("9:00:10", "9:00:20"), service=("9:00:20", "9:00:18")),
        [("offered", "01 09:00:10"), ("answered", "01 09:00:20"), ("ended", "01 09:00:20")],
    ),
    "skew: never abandoned before it was offered": (
        row(queue=("9:00:10", "9:00:08"), outcome="HANG", server="NO_SERVER"),
        [("offered", "01 09:00:10"), ("abandoned", "01 09:00:10")],
    ),
    "skew in the menu is no new day": (
        row(vru=("9:00:10", "8:59:00"), service=("9:00:12", "9:02:00")),
        [("offered", "01 08:59:00"), ("answered", "01 09:00:12"), ("ended", "01 09:02:00")],
    ),
    "no service clocks, queued: answered and ended when the queue ends": (
        row(queue=("9:00:10", "9:00:40")),
        [("offered", "01 09:00:10"), ("answered", "01 09:00:40"), ("ended", "01 09:00:40")],
    ),
    "no service clocks, no queue: answered and ended when the menu ends": (
        row(),
        [("offered", "01 09:00:10"), ("answered", "01 09:00:10"), ("ended", "01 09:00:10")],
    ),
    "a hang-up in the queue, whatever its service clocks say": (
        row(queue=("9:00:10", "9:00:40"), service=("9:00:41", "9:02:00"), outcome="HANG"),
        [("offered", "01 09:00:10"), ("abandoned", "01 09:00:40")],
    ),
    "midnight within the service": (
        row(vru=("23:58:00", "23:58:10"), queue=("23:58:10", "23:59:00"), service=("23:59:00", "0:02:00")),
        [("offered", "01 23:58:10"), ("answered", "01 23:59:00"), ("ended", "02 00:02:00")],
    ),
    "midnight before the queue moves all that follows": (
        row(vru=("23:59:30", "23:59:40"), queue=("0:00:01", "0:00:30"), service=("0:00:31", "0:02:00")),
        [("offered", "02 00:00:01"), ("answered", "02 00:00:31"), ("ended", "02 00:02:00")],
    ),
    "midnight within the menu moves all that follows": (
        row(vru=("23:59:55", "0:00:05"), service=("0:00:04", "0:02:00")),
        [("offered", "02 00:00:04"), ("answered", "02 00:00:04"), ("ended", "02 00:02:00")],
    ),
    "midnight before the minimum is taken": (
        row(vru=("23:59:40", "23:59:50"), service=("0:00:10", "0:02:00")),
        [("offered", "01 23:59:50"), ("answered", "02 00:00:10"), ("ended", "02 00:02:00")],
    ),
    "midnight while queueing, then a hang-up": (
        row(vru=("23:59:40", "23:59:50"), queue=("23:59:50", "0:00:10"), outcome="HANG"),
        [("offered", "01 23:59:50"), ("abandoned", "02 00:00:10")],
    ),
    "a service that ends at midnight is no absent stage": (
        row(vru=("23:50:00", "23:50:10"), service=("23:50:10", NONE)),
        [("offered", "01 23:50:10"), ("answered", "01 23:50:10"), ("ended", "02 00:00:00")],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_rules_of_a_row(name: str, tmp_path: Path) -> None:
    """A row becomes the events that its rule names, at the right local times."""
    line, expected = CASES[name]
    assert expected == steps(write(tmp_path, line))


def test_left_out_rows_are_counted_by_reason(tmp_path: Path) -> None:
    """Phantoms and hang-ups inside the menu, even with service clocks, give no event and are counted."""
    log = anonymous_bank.read(
        write(
            tmp_path,
            row(outcome="PHANTOM", queue=("9:00:10", "9:00:40")),
            row(outcome="HANG"),
            row(outcome="HANG", service=("9:00:10", "9:00:40")),
            row(),
        )
    )
    assert {"phantom": 1, "ivr_abandoned": 2} == log.left_out
    assert (4, 1, 3) == (log.rows, log.contacts, log.count)


def test_what_an_event_carries(tmp_path: Path) -> None:
    """The contact, the queue, the customer and the agent come from the row; the event id from its number."""
    path = write(
        tmp_path,
        row(outcome="PHANTOM"),
        row(service=("9:00:12", "9:02:00"), customer="23317894", line="AA0205", call="34536", type="NW"),
    )
    offered, answered, ended = anonymous_bank.read(path).events
    assert {
        "specversion": "1.0",
        "id": "2/offered",
        "source": "/bank",
        "type": "call.offered",
        "time": "1999-02-01T07:00:10.000Z",
        "subject": "990201-AA0205-34536",
        "data": {"queue": "NW", "customer": "23317894"},
    } == offered.body
    assert ("calls", "990201-AA0205-34536", 917852410000) == (offered.topic, offered.key, offered.time_ms)
    assert {"agent": "TOVA"} == answered.body["data"] == ended.body["data"]


def test_unknown_customer_and_missing_server_are_left_out(tmp_path: Path) -> None:
    """Customer 0 is nobody, and NO_SERVER is no agent."""
    path = write(tmp_path, row(service=("9:00:12", "9:02:00"), server="NO_SERVER"))
    assert [{"queue": "PS"}, {}, {}] == [event.body["data"] for event in anonymous_bank.read(path).events]


def test_topic_from_type(tmp_path: Path) -> None:
    """Asked for, the type of a call is its topic as well as its queue."""
    offered, *_ = anonymous_bank.read(write(tmp_path, row(type="IN")), topic_from_type=True).events
    assert {"queue": "IN", "topic": "IN"} == offered.body["data"]


BAD_FILES = {
    "line 1: expected a header": b"a,b,c\n1,2,3\n",
    "line 1: expected a header of tab-separated columns, there is no 'server'; nothing": HEADER[:-7].encode() + b"\n",
    "line 1: byte 1 is not UTF-8": b"\xff\xfe\x00",
    "line 2: expected 17 fields, found 1": HEADER.encode() + b"\noops\n",
    "line 3: byte 3 is not UTF-8": HEADER.encode() + b"\n" + row().encode() + b"\nAA\xff\n",
    "line 2: expected a time of day such as 7:02:47 in q_exit, found '25:00:00'": (
        f"{HEADER}\n{row(queue=('9:00:10', '25:00:00'))}\n".encode()
    ),
    "line 2: expected a date as yymmdd, found '990231'": f"{HEADER}\n{row(date='990231')}\n".encode(),
    "line 2: expected AGENT, HANG or PHANTOM as outcome, found 'X'": f"{HEADER}\n{row(outcome='X')}\n".encode(),
    "line 2: expected a type, a vru+line and a call_id": f"{HEADER}\n{row(type='')}\n".encode(),
}


@pytest.mark.parametrize("message", BAD_FILES)
def test_a_file_that_is_no_such_log(message: str, tmp_path: Path) -> None:
    """The error names the file, the line and what was expected there."""
    path = tmp_path / "bad.tsv"
    path.write_bytes(BAD_FILES[message])
    with pytest.raises(UserError) as error:
        anonymous_bank.read(path)
    assert f"{path}, {message}" in str(error.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A missing file is one sentence."""
    with pytest.raises(UserError, match=r"cannot be read \(No such file or directory\)"):
        anonymous_bank.read(tmp_path / "none.tsv")


def test_other_columns_may_be_missing_or_added(tmp_path: Path) -> None:
    """Only the columns that mean something are needed, in any order."""
    path = tmp_path / "other.tsv"
    columns = dict(zip(HEADER.split("\t"), row().split("\t"), strict=True), more="x")
    del columns["priority"], columns["ser_time"]
    names = list(reversed(columns))
    path.write_text("\t".join(names) + "\r\n" + "\t".join(columns[name] for name in names) + "\r\n")
    assert ["offered", "answered", "ended"] == [verb(event) for event in anonymous_bank.read(path).events]


def folded(events: list[OutgoingEvent]) -> bank_oracle.Numbers:
    """The expected file's numbers from the events of single-leg calls, in the plainest way."""
    sums: defaultdict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(int))

    def add(time_ms: int, queue: str, **amounts: float) -> None:
        day = datetime.fromtimestamp(time_ms / 1000, ISRAEL).strftime("%y%m%d")
        for key in ((day, queue), (day, "*"), ("*", queue), ("*", "*")):
            for name, amount in amounts.items():
                sums[key][name] += amount

    for _, of_contact in groupby(events, key=lambda event: event.key):
        call = {verb(event): event for event in of_contact}
        offered = call["offered"].time_ms
        queue = call["offered"].body["data"]["queue"]
        add(offered, queue, offered=1)
        answered = "answered" in call
        left = call["answered" if answered else "abandoned"].time_ms
        wait_ms = left - offered
        if answered:
            add(left, queue, answered=1, wait_s=wait_ms / 1000, answered_in_t=wait_ms <= 20_000)
            add(call["ended"].time_ms, queue, talk_s=(call["ended"].time_ms - left) / 1000)
        else:
            add(left, queue, abandoned=1, abandon_wait_s=wait_ms / 1000)
            add(left, queue, abandoned_in_t=wait_ms <= 20_000, abandoned_short=wait_ms <= 5_000)
        if wait_ms > 20_000:
            add(offered + 20_000, queue, reached_target=1)
    return {key: {name: value for name, value in fields.items() if value} for key, fields in sums.items()}


def without(numbers: bank_oracle.Numbers, *names: str) -> bank_oracle.Numbers:
    """``numbers`` without some fields and without what is then empty."""
    kept = {
        key: {name: value for name, value in fields.items() if name not in names} for key, fields in numbers.items()
    }
    return {key: fields for key, fields in kept.items() if fields}


def test_the_oracle_gives_the_expected_numbers() -> None:
    """The independent oracle equals the expected file to the last value, service levels included."""
    expected = bank_oracle.expected_numbers(str(research_log(BANK_EXPECTED)))
    assert expected == bank_oracle.bank_numbers(str(research_log(BANK)))


def test_the_events_of_the_log_give_the_expected_numbers() -> None:
    """The adapter's events, simply added up, equal the expected file; what it left out does too."""
    log = anonymous_bank.read(research_log(BANK))
    expected = bank_oracle.expected_numbers(str(research_log(BANK_EXPECTED)))
    assert without(expected, "ivr_abandoned", "sl_strict", "sl_short_removed") == folded(list(log.events))
    assert expected["*", "*"]["ivr_abandoned"] == log.left_out["ivr_abandoned"]
    assert (17_456, 143) == (log.rows, log.left_out["phantom"])
    assert log.rows == log.contacts + sum(log.left_out.values())
