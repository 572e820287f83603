"""The table of a campaign, for the terminal and for docs/faults.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from tests.faults.campaign.crew import status_words
from tests.faults.campaign.kind import Outcome

HEADINGS = ("kind", "runs", "faults", "compared", "differences", "blind", "lies", "exit statuses")
INTRODUCTION = """\
# Faults

`make faults` starts a real Kafka, Redis, exporter and workers for each kind of fault, keeps a load of calls, chats and
tickets on them, and injects the fault at random moments. Afterwards everything that Redis holds (cells of every slice,
live entries, facts and amounts of every contact, positions, statistics) is compared, by names, with a quiet run of the
same log. Twice a second a canary call goes to each partition, and the board is asked: where it says "fine" while a call
that Kafka confirmed 13 s ago is missing, that is a lie. Blind is the time in which it said that it could not see.

    make faults                                        # all kinds, about 25 minutes on two processors
    make faults ARGS="--list"                          # the kinds
    make faults ARGS="--kinds sigkill,redis-emptied --seed 7"
    make faults ARGS="--kinds redis-emptied --without fence"   # the proof that it can fail

Exit status 1 means a difference, a lie, or something else that must not be: a case that did not come back by itself, a
worker that ended with status 2 although no person had to change anything, a sentence that was not said. The lines below
the table say which. The moments of faults follow from the seed; how far the programs are at these moments does not, so
that the same seed is another run. `make check` runs a short form. Why it is built so:
[decision 17](decisions/0017-campaign-of-faults.md).

"""


def line(outcome: Outcome) -> tuple[str, ...]:
    """The cells of one kind."""
    if outcome.not_tried:
        return (outcome.kind.words, "0", "not tried: " + outcome.not_tried, "", "", "", "", "")
    return (
        outcome.kind.words,
        "1",
        str(outcome.faults),
        f"{outcome.compared:,}",
        f"{outcome.difference_count:,}",
        f"{sum(outcome.blind_seconds.values()):.0f} s",
        f"{outcome.lies:,}",
        status_words(outcome.statuses),
    )


def total(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """The cells of the last line."""
    tried = [outcome for outcome in outcomes if not outcome.not_tried]
    statuses: dict[str, int] = {}
    for outcome in tried:
        for status, count in outcome.statuses.items():
            statuses[status] = statuses.get(status, 0) + count
    return (
        "all",
        str(len(tried)),
        str(sum(outcome.faults for outcome in tried)),
        f"{sum(outcome.compared for outcome in tried):,}",
        f"{sum(outcome.difference_count for outcome in tried):,}",
        f"{sum(sum(outcome.blind_seconds.values()) for outcome in tried):.0f} s",
        f"{sum(outcome.lies for outcome in tried):,}",
        status_words(statuses),
    )


def details(outcome: Outcome) -> list[str]:
    """Faults found with a kind, a line each."""
    found = [f"{outcome.kind.name}: {text}" for text in (*outcome.problems, *outcome.differences, *outcome.told)]
    more = outcome.difference_count - len(outcome.differences)
    return [*found, f"{outcome.kind.name}: {more:,} more differences"] if more > 0 else found


def blind_words(seconds: Mapping[str, float]) -> str:
    """Seconds of blindness by reason."""
    return ", ".join(f"{reason} {time:.0f} s" for reason, time in sorted(seconds.items())) or "never blind"


def table(outcomes: Sequence[Outcome]) -> str:
    """The table in Markdown."""
    rows = [HEADINGS, *map(line, outcomes), total(outcomes)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return "\n".join(_rows(rows, widths)) + "\n"


def _rows(rows: Sequence[Sequence[str]], widths: Sequence[int]) -> Iterable[str]:
    for number, row in enumerate(rows):
        yield "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        if number == 0:
            yield "|" + "|".join("-" * (width + 2) for width in widths) + "|"


def page(outcomes: Sequence[Outcome], *, seed: int, began: datetime, seconds: float, without: Sequence[str]) -> str:
    """The page docs/faults.md."""
    taken = f", without {', '.join(without)}" if without else ""
    head = (
        f"## The run of {began.astimezone(UTC):%Y-%m-%d %H:%M} UTC\n\n"
        f"Seed {seed}{taken}, {len(outcomes)} kinds in {seconds / 60:.0f} minutes.\n\n"
    )
    wrong = [text for outcome in outcomes for text in details(outcome)]
    told = "\n".join(f"- {text}" for text in wrong)
    tail = f"\nWhat was wrong:\n\n{told}\n" if wrong else "\nNothing else was wrong.\n"
    return INTRODUCTION + head + table(outcomes) + tail
