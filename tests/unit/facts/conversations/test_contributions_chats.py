"""Chats that are answered by the agent's first message: no number may take an automatic acceptance for an answer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.words import in_words, log_of, nonzero, told

SERVICE = ("ANSWERED_WITHIN", "ABANDONED_WITHIN", "SHORT_WITHIN", "LEFT_WITHIN", "REACHED_TARGET")
HANDLE = ("HANDLED_LEGS", "TALK_MS", "HOLD_MS", "WRAP_MS")
AGENT, BOT = {"from": "agent"}, {"from": "bot"}
OFFERED = ("offered", 0, {"queue": "desk"})


def adds(*steps: tuple[Any, ...], only: tuple[str, ...], channel: str = "chat") -> dict[str, int]:
    """Contributions of a chat to some measures."""
    return told(nonzero(in_words(log_of(channel, *steps)).amounts), *only)


CHATS: dict[str, tuple[list[tuple[Any, ...]], dict[str, int]]] = {
    "accepted only": ([("answered", 1)], {}),
    "written to": ([("answered", 1), ("message", 12, {"from": "agent"})], {"ANSWERED_WITHIN desk@10": 1}),
    "by a bot": ([("message", 12, {"from": "bot"})], {}),
    "by the customer": ([("message", 12, {"from": "customer"})], {}),
    "at the offer": ([("message", 0, {"from": "agent"})], {"ANSWERED_WITHIN desk@0": 1}),
    "before the offer": ([("message", -0.001, {"from": "agent"})], {}),
    "before the offer and late": (
        [("message", -1, {"from": "agent"}), ("message", 21, {"from": "agent"})],
        {"REACHED_TARGET desk@20": 1},
    ),
}


@pytest.mark.parametrize("case", CHATS)
def test_chats_answered_by_message(case: str) -> None:
    """With chat_answer = message the answer is the agent's first message at or after the offer."""
    steps, expected = CHATS[case]
    assert expected == adds(OFFERED, *steps, only=SERVICE)


def test_calls_have_no_messages() -> None:
    """The same queue setting does not concern calls."""
    assert {"ANSWERED_WITHIN desk@0": 1} == adds(OFFERED, ("answered", 1), only=SERVICE, channel="call")


def parts(at: int, talk: int, queue: str = "", hold: int = 0) -> dict[str, int]:
    """One handled leg in the slice at ``at``, its parts in seconds."""
    where = f"{f' {queue}' if queue else ''}@{at}"
    amounts = {"HANDLED_LEGS": 1, "TALK_MS": talk * 1000, "HOLD_MS": hold * 1000}
    return {f"{name}{where}": amount for name, amount in amounts.items() if amount}


MESSAGES: dict[str, tuple[list[tuple[Any, ...]], dict[str, int]]] = {
    "accepted only": ([("answered", 1), ("ended", 70)], {}),
    "a bot wrote": ([("answered", 1), ("message", 9, BOT), ("ended", 70)], {}),
    "the agent wrote": ([("answered", 1), ("message", 12, AGENT), ("ended", 70)], parts(670, 58, "desk")),
    "the agent wrote again": (
        [("message", 20, AGENT), ("message", 12, AGENT), ("ended", 70)],
        parts(670, 58, "desk"),
    ),
    "a bot wrote first": ([("message", 9, BOT), ("message", 12, AGENT), ("ended", 70)], parts(670, 58, "desk")),
    "held": (
        [("held", 5), ("message", 12, AGENT), ("resumed", 30), ("ended", 70)],
        parts(670, 40, "desk", 18),
    ),
    "the next agent writes": (
        [("message", 12, AGENT), ("transferred", 20, {"to": "sales"}), ("offered", 30, {"leg": 1, "queue": "sales"}),
         ("message", 40, {**AGENT, "leg": 1}), ("answered", 50, {"leg": 1}), ("ended", 70, {"leg": 1})],
        {**parts(620, 8, "desk"), **parts(70, 20)},
    ),
    "wrote before the second visit": (
        [("message", 12, AGENT), ("transferred", 20, {"to": "desk"}), ("offered", 30, {"leg": 1, "queue": "desk"}),
         ("message", 29.999, {**AGENT, "leg": 1}), ("ended", 70, {"leg": 1})],
        parts(620, 8, "desk"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MESSAGES)
def test_chats_by_message_are_handled_from_the_first_message(case: str) -> None:
    """With chat_answer = message talk counts from the agent's first message at or after the leg's offer."""
    steps, expected = MESSAGES[case]
    assert expected == adds(OFFERED, *steps, only=HANDLE)


def test_a_transfer_before_any_message_is_no_handoff() -> None:
    """Nobody had answered when an accepted chat was handed on: who writes then resolves it at the first contact."""
    steps = [("answered", 1), ("transferred", 2, {"to": "x"}), ("message", 12, AGENT), ("ended", 70)]
    noted = ("classified", 80, {"resolved": True})
    assert {"FCR_FLAGGED_BASE desk@70": 1, "FCR_FLAGGED desk@70": 1} == adds(
        OFFERED, *steps, noted, only=("FCR_FLAGGED_BASE", "FCR_FLAGGED")
    )


def test_a_chat_waits_until_an_agent_writes() -> None:
    """An accepted chat is still waiting; who leaves before a word was written has abandoned it."""
    live = in_words(log_of("chat", OFFERED, ("answered", 1), ("message", 2, BOT))).live
    assert {("waiting", "0"), ("contact_waiting", "")} == set(live)
    assert {"ABANDONED_WITHIN desk@10": 1} == adds(OFFERED, ("answered", 1), ("abandoned", 15), only=SERVICE)


def test_the_wait_of_a_chat_ends_with_the_first_message() -> None:
    """The speed of answer is that of the message, not of the acceptance."""
    assert {"WAIT_MS desk@10": 12_000} == adds(OFFERED, ("answered", 1), ("message", 12, AGENT), only=("WAIT_MS",))


def test_where_chats_are_answered_by_their_event_messages_do_not_matter() -> None:
    """The default: the answer is the event."""
    steps = [("offered", 0), ("message", 2, AGENT), ("answered", 9), ("message", 12, AGENT)]
    assert {"WAIT_MS@0": 9_000} == adds(*steps, only=("WAIT_MS",))
