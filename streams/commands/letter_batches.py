"""Batches that were refused as a whole: their records sent again, and what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from streams.commands.letter_clients import LetterClients, now_ms
from streams.common.plurals import counted

if TYPE_CHECKING:
    from streams.tools.dead_letters import Letter
    from streams.tools.resend import Fate, Sent


def resend_batch(clients: LetterClients, letter: Letter, limit_bytes: int | None) -> tuple[list[Sent], int]:
    """Send the records of a batch again; returns those sent, and 1 if some of it could not be."""
    from streams.tools.batches_again import BatchIsGone, StillTooLarge, send_again
    from streams.tools.dead_letters import Mark

    name = f"{letter.topic} {letter.origin.partition}:{letter.origin.offset}"
    if limit_bytes is None:
        print(f"{name}: a whole batch; give --batch-limit BYTES to have its records read again")
        return [], 1
    try:
        sent, large = send_again(clients.settings, letter, limit_bytes)
    except StillTooLarge:
        print(f"{name}: unpacks to more than --batch-limit {limit_bytes}; give more, as far as the memory here goes")
        return [], 1
    except BatchIsGone:
        print(f"{name}: the original is gone by retention; send it from its source")
        return [], 1
    if large:
        print(
            f"{name}: {counted(large, 'record')} larger than Kafka takes alone, not sent: send smaller events instead"
        )
    note = f"{counted(len(sent), 'record')} of a batch"
    clients.marks.put([letter.origin], Mark(at_ms=now_ms(), how="resent", note=note))
    return sent, min(large, 1)


def of_batch(fates: Sequence[Fate]) -> str:
    """Words for what became of the records of a batch, such as ``4 records sent again: 3 applied, …``."""
    from streams.contract.names import printable

    numbers = Counter(fate.what for fate in fates)
    words = {"applied": "applied", "refused": "refused again", "unread": "not read yet"}
    text = ", ".join(f"{numbers[what]:,} {said}" for what, said in words.items() if numbers[what])
    why = next((fate.detail for fate in fates if fate.what != "applied"), "")
    return printable(f"{counted(len(fates), 'record')} sent again: {text}" + (f" ({why})" if why else ""))
