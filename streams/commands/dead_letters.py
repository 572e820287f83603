"""`veinte dead-letters`: the records that could not be used: which, why, sent again, done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from streams.commands.letter_batches import of_batch, resend_batch
from streams.commands.letter_clients import Ids, Reasons, Since, Topics, duration_ms, letter_clients, now_ms, refuse_all
from streams.common.durations import rough_duration
from streams.common.errors import UserError
from streams.common.plurals import counted

if TYPE_CHECKING:
    from streams.tools.dead_letters import Letter, Mark, Marks
    from streams.tools.resend import Fate, Sent

EXIT_NOT_APPLIED = 1
"""Exit status of `resend` for a record that was refused again, is gone, or was not read in time."""
WAIT_SECONDS = 30.0
MOST_AT_ONCE = 1_000
"""Letters that one `resend` or `show` takes: more of them are a log to replay, or nothing that a person reads."""

dead_letters_app = typer.Typer(
    help="Records that could not be used: which there are, why, and sending them again.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add `veinte dead-letters`."""
    app.add_typer(dead_letters_app, name="dead-letters")


@dead_letters_app.command("list")
def list_letters(
    topic: Topics = None,
    reason: Reasons = None,
    since: Since = None,
    id: Ids = None,
    newest: Annotated[int, typer.Option("--newest", "-n", min=0, metavar="N", help="Open letters to name.")] = 10,
) -> None:
    """Count the letters by topic and reason, open and handled, and name the newest open ones with what to do."""
    from streams.contract.remedies import REMEDIES

    with letter_clients(topic, reason, since, id) as clients:
        marks, at_ms = clients.marks.all(), now_ms()
        groups: defaultdict[tuple[str, str], _Group] = defaultdict(_Group)
        latest: list[Letter] = []
        for letter in clients.letters():
            handled = letter.origin.field in marks
            groups[letter.topic, letter.reason].add(letter, handled=handled)
            if not handled and newest:
                latest = sorted([*latest, letter], key=lambda each: each.at_ms)[-newest:]
    if not groups:
        print("no dead letters" + (" of these" if clients.wanted.is_narrow else ""))
        return
    header = ("topic", "reason", "open", "handled", "newest", "age")
    rows = [
        (name, why, f"{group.open:,}", f"{group.handled:,}", group.newest, rough_duration(at_ms - group.at_ms))
        for (name, why), group in sorted(groups.items(), key=lambda item: -item[1].open)
    ]
    _print_table([header, *rows], right=(2, 3, 5))
    if latest:
        print()
        for letter in reversed(latest):
            print(_line(letter))
    print()
    for why in dict.fromkeys(why for (_, why), group in groups.items() if group.open):
        print(f"{why}: {REMEDIES.get(why, 'see docs/events.md')}.")
    total = sum(group.open for group in groups.values())
    print(f"{counted(total, 'letter')} open" + ("; `veinte dead-letters show` has one whole" if total else ""))


@dead_letters_app.command()
def show(
    topic: Topics = None,
    reason: Reasons = None,
    since: Since = None,
    id: Ids = None,
    newest: Annotated[
        int, typer.Option("--newest", "-n", min=1, max=MOST_AT_ONCE, metavar="N", help="Letters to show.")
    ] = 1,
    plain: Annotated[
        bool,
        typer.Option(
            "--plain",
            help="Show the original, read from its topic, with identifiers of persons and fields that the contract "
            "does not know as they are.",
        ),
    ] = False,
) -> None:
    """Show letters whole, the newest first: origin, reason, detail, key and value; persons as hashes."""
    from streams.clients.pseudonyms import pseudonym_of_numbers
    from streams.contract.remedies import REMEDIES
    from streams.tools.letter_text import letter_text

    with letter_clients(topic, reason, since, id) as clients:
        found: list[Letter] = []
        for letter in clients.letters():
            found = sorted([*found, letter], key=lambda each: each.at_ms)[-newest:]
        if not found:
            raise UserError("no such dead letter; `veinte dead-letters list` names those there are")
        marks = clients.marks.all()
        pseudonym = pseudonym_of_numbers(clients.settings, clients.client)
        texts = {
            letter.origin: letter_text(clients.reader, clients.settings, letter, pseudonym, plain=plain)
            for letter in found
        }
    for letter in reversed(found):
        text = texts[letter.origin]
        print(_line(letter))
        print(f"  remedy  {REMEDIES.get(letter.reason, 'see docs/events.md')}.")
        print(
            f"  origin  topic {letter.origin.topic}, partition {letter.origin.partition}, offset {letter.origin.offset}"
        )
        print(f"  state   {_state(marks.get(letter.origin.field))}")
        print(f"  key     {text.key}")
        print(f"  value   {text.value}")
        if letter.last_offset is not None:
            print(f"          a whole batch, offsets {letter.origin.offset} to {letter.last_offset}")
        if letter.cut_from is not None and not plain:
            print(f"          the first {len(letter.value or b''):,} of {letter.cut_from:,} bytes")


@dead_letters_app.command()
def resend(
    topic: Topics = None,
    reason: Reasons = None,
    since: Since = None,
    id: Ids = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All open letters, where no other option says which.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Those that were sent again or done before, too.")] = False,
    wait: Annotated[str, typer.Option("--wait", metavar="DURATION", help="Longest wait for the worker.")] = "30s",
    batch_limit: Annotated[
        int | None,
        typer.Option(
            "--batch-limit",
            min=1,
            metavar="BYTES",
            help="Read batches that were refused as a whole again, if their records are no more bytes than that.",
        ),
    ] = None,
) -> None:
    """Send the original of each open letter again, once, and say what became of it.

    The original is read from its topic, so it must be there still. What was applied already changes nothing when it
    comes again. Exit status 1 if one was refused again, is gone from its topic, or was not read within --wait.
    """
    from streams.clients.pseudonyms import pseudonym_of_numbers
    from streams.tools.resend import Resender, dead_letter_ends, fates, original_of

    wait_ms = duration_ms("--wait", wait)
    refuse_all("resend", topic, reason, since, id, everything)
    with letter_clients(topic, reason, since, id) as clients:
        marks = clients.marks.all()
        pseudonym = pseudonym_of_numbers(clients.settings, clients.client)
        chosen = [letter for letter in clients.letters() if again or letter.origin.field not in marks]
        if len(chosen) > MOST_AT_ONCE:
            raise UserError(
                f"{len(chosen):,} letters are more than the {MOST_AT_ONCE:,} that are sent again at once; choose some "
                "with --topic, --reason, --since or --id"
            )
        ends = dead_letter_ends(clients.reader, clients.settings, {letter.topic for letter in chosen})
        sent: list[Sent] = []
        gone = 0
        with Resender(clients.settings) as resender:
            for letter in chosen:
                if letter.last_offset is not None:
                    more, lost = resend_batch(clients, letter, batch_limit)
                    sent += more
                    gone += lost
                    continue
                record = original_of(clients.reader, letter, pseudonym)
                if record is None:
                    gone += 1
                    print(f"{letter.topic} {_id(letter)}: the original is gone by retention; send it from its source")
                    continue
                each = resender.send(letter, record, clients.settings.partitions)
                _mark(clients.marks, [letter], "resent", f"as {each.again}")
                sent.append(each)
        became = fates(sent, clients.reader, clients.client, clients.settings, ends, wait_ms / 1000) if sent else []
        grouped: defaultdict[Letter, list[Fate]] = defaultdict(list)
        for fate in became:
            grouped[fate.sent.letter].append(fate)
        for letter, found in grouped.items():
            text = _of_fate(found[0]) if letter.last_offset is None else of_batch(found)
            _mark(clients.marks, [letter], "resent", text)
            print(f"{letter.topic} {_id(letter)}: {text}")
    if not chosen:
        print("no open letter of these" if clients.wanted.is_narrow else "no open letters")
    if gone or any(fate.what != "applied" for fate in became):
        raise typer.Exit(EXIT_NOT_APPLIED)


@dead_letters_app.command()
def done(
    topic: Topics = None,
    reason: Reasons = None,
    since: Since = None,
    id: Ids = None,
    everything: Annotated[bool, typer.Option("--all", help="All letters, where no other option says which.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take the mark away: the letters are open again.")] = False,
) -> None:
    """Mark letters as handled: `list` counts them apart and `resend` leaves them out. The records stay."""
    refuse_all("done", topic, reason, since, id, everything)
    with letter_clients(topic, reason, since, id) as clients:
        marks = clients.marks.all()
        chosen = [letter for letter in clients.letters() if (letter.origin.field in marks) == undo]
        if undo:
            clients.marks.remove(letter.origin for letter in chosen)
        else:
            _mark(clients.marks, chosen, "done")
    print(f"{counted(len(chosen), 'letter')} {'open again' if undo else 'marked as done'}")


class _Group:
    """Counts of the letters of one topic and reason."""

    def __init__(self) -> None:
        self.open = self.handled = self.at_ms = 0
        self.newest = ""

    def add(self, letter: Letter, *, handled: bool) -> None:
        """Count a letter."""
        self.handled += handled
        self.open += not handled
        if letter.at_ms >= self.at_ms:
            self.at_ms, self.newest = letter.at_ms, _id(letter)


def _mark(marks: Marks, letters: Sequence[Letter], how: str, note: str = "") -> None:
    from streams.tools.dead_letters import Mark

    marks.put((letter.origin for letter in letters), Mark(now_ms(), how, note))


def _of_fate(fate: Fate) -> str:
    """Words for what became of a record, such as ``sent again as calls 3:1250: applied``."""
    became = {
        "applied": "applied",
        "refused": f"refused again: {fate.detail}",
        "unread": f"not read yet ({fate.detail}); see whether a worker runs",
    }
    from streams.contract.names import printable

    return printable(f"sent again as {fate.sent.again}: {became[fate.what]}")


def _state(mark: Mark | None) -> str:
    if mark is None:
        return "open"
    return f"{mark.how} {rough_duration(now_ms() - mark.at_ms)} ago{f', {mark.note}' if mark.note else ''}"


def _line(letter: Letter) -> str:
    from streams.contract.names import printable

    age = rough_duration(now_ms() - letter.at_ms)
    return printable(f"{letter.topic} {_id(letter)}, {age} ago, {letter.reason}: {letter.detail}")


def _id(letter: Letter) -> str:
    return f"{letter.origin.partition}:{letter.origin.offset}"


def _print_table(rows: Sequence[Sequence[str]], right: Sequence[int]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [
            cell.rjust(width) if n in right else cell.ljust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())
