"""Requested callbacks, from the queue and from the menu, returned and cancelled, as the contract has them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.covers import covers
from tests.support.kpi_values import values_after
from tests.support.strategies import START_MS
from tests.support.words import in_words, log_of, told

Steps = list[tuple[Any, ...]]
OFFERED = ("offered", 0)
ASKED = ("callback_requested", 9)
MEASURES = ("CALLBACK_REQUESTED", "CALLBACKS_CANCELLED", "CALLBACK_LEGS_DECIDED", "CALLBACK_LEGS_ANSWERED")


def called_back(seconds: float, leg: int | str = 1, **data: Any) -> tuple[Any, ...]:
    """A returned callback is offered."""
    return ("offered", seconds, {"leg": leg, "via": "callback", **data})


def asked(seconds: float, queue: str | None = None, **leg: Any) -> tuple[Any, ...]:
    """A request, in the menu of a queue or in the queue of a leg."""
    return ("callback_requested", seconds, {**({} if queue is None else {"queue": queue}), **leg})


def cancelled(seconds: float, **leg: Any) -> tuple[Any, ...]:
    """A request is taken off the list."""
    return ("callback_cancelled", seconds, leg)


def facts(*steps: tuple[Any, ...]) -> set[str]:
    """Amounts of callbacks and entries of requests of a call, as ``callback 0@9``."""
    found = in_words(log_of("call", *steps))
    counted = {
        f"{key}{'' if amount == 1 else f' x{amount}'}"
        for key, amount in told(found.amounts, *MEASURES).items()
        if amount
    }
    listed = {
        f"{kind} {leg}@{(entry[1] - START_MS) // 1000}"
        for (kind, leg), entry in found.live.items()
        if kind in ("callback", "menu_callback")
    }
    return counted | listed | {kind for kind, _ in found.live if kind == "incomplete"}


REQUESTED = {"CALLBACK_REQUESTED@0"}
CASES: dict[str, tuple[Steps, set[str]]] = {
    "asked in the queue": ([OFFERED, ASKED], REQUESTED | {"callback 0@9"}),
    "returned": ([OFFERED, ASKED, called_back(60)], REQUESTED),
    "returned at the same instant": ([OFFERED, ASKED, called_back(9)], REQUESTED),
    "a callback offered before the request returns nothing": (
        [OFFERED, ASKED, called_back(8.999)],
        REQUESTED | {"callback 0@9"},
    ),
    "returned and answered": (
        [OFFERED, ASKED, called_back(60), ("answered", 70, {"leg": 1})],
        REQUESTED | {"CALLBACK_LEGS_DECIDED@70", "CALLBACK_LEGS_ANSWERED@70"},
    ),
    "not the outcome of its leg": ([OFFERED, ("abandoned", 8), ASKED], set()),
    # From the menu: with queue, where no leg is meant, or the leg was offered more than 5 s later or is a callback.
    "in the menu, without a leg": ([asked(9, "support")], {"menu_callback support@9"}),
    "in the menu, of a leg that was never offered": ([asked(9, "support", leg="x")], {"menu_callback support@9"}),
    "in the menu, 5.001 s before the offer": (
        [asked(-5.001, "support"), OFFERED],
        {"menu_callback support@-6"},
    ),
    "with its queue, 5.000 s before the offer: of the leg": (
        [asked(-5, "support"), OFFERED],
        {"CALLBACK_REQUESTED@-10", "callback 0@-5"},
    ),
    "with its queue, while it waits: of the leg": ([OFFERED, asked(9, "support")], REQUESTED | {"callback 0@9"}),
    "without a queue, of a leg that was never offered": ([asked(9)], {"incomplete"}),
    "again, when called back": (
        [OFFERED, ASKED, called_back(60), asked(70, "sales", leg=1)],
        REQUESTED | {"menu_callback sales@70"},
    ),
    "a request from the menu is no outcome": (
        [called_back(60), asked(70, "sales", leg=1), ("answered", 80, {"leg": 1})],
        {"menu_callback sales@70", "CALLBACK_LEGS_DECIDED@80", "CALLBACK_LEGS_ANSWERED@80"},
    ),
    "asked in the menu, and called back": ([asked(9, "support"), called_back(60)], set()),
    # While one is on the list, another of the same leg or menu queue changes nothing.
    "twice in the menu": ([asked(9, "support"), asked(19, "support")], {"menu_callback support@9"}),
    "in the menus of two queues": (
        [asked(9, "support"), asked(19, "desk")],
        {"menu_callback support@9", "menu_callback desk@19"},
    ),
    "twice in the menu, called back in between": (
        [asked(9, "support"), called_back(15), asked(19, "support")],
        {"menu_callback support@19"},
    ),
    "twice in the queue": ([OFFERED, ASKED, asked(19)], REQUESTED | {"callback 0@9"}),
    "twice in the queue, called back in between": (
        [OFFERED, ASKED, called_back(15), asked(19)],
        REQUESTED | {"callback 0@19"},
    ),
    # A cancellation takes the latest request of its leg off the list.
    "cancelled": ([OFFERED, ASKED, cancelled(60)], REQUESTED | {"CALLBACKS_CANCELLED@60"}),
    "cancelled at the same instant": ([OFFERED, ASKED, cancelled(9)], REQUESTED | {"CALLBACKS_CANCELLED@0"}),
    "cancelled before it was requested": (
        [OFFERED, ASKED, cancelled(8.999)],
        REQUESTED | {"callback 0@9", "incomplete"},
    ),
    "cancelled twice": ([OFFERED, ASKED, cancelled(60), cancelled(80)], REQUESTED | {"CALLBACKS_CANCELLED@60"}),
    "cancelled, and asked for again": (
        [OFFERED, ASKED, cancelled(15), asked(19)],
        REQUESTED | {"CALLBACKS_CANCELLED@10", "callback 0@19"},
    ),
    "cancelled, asked for again, and cancelled": (
        [OFFERED, ASKED, cancelled(12), asked(19), cancelled(14.5), cancelled(25)],
        REQUESTED | {"CALLBACKS_CANCELLED@10", "CALLBACKS_CANCELLED@20"},
    ),
    "the request of another leg is not meant": (
        [OFFERED, ASKED, ("offered", 20, {"leg": 1, "queue": "support"}), cancelled(60, leg=1)],
        REQUESTED | {"callback 0@9", "incomplete"},
    ),
    "cancelled in the menu": ([asked(9, "support"), cancelled(60)], {"CALLBACKS_CANCELLED support@60"}),
    "cancelled in the menu, of a leg that was never offered": (
        [asked(9, "support", leg="x"), cancelled(60, leg="x")],
        {"CALLBACKS_CANCELLED support@60"},
    ),
    "cancelled without a request": ([OFFERED, cancelled(60)], {"incomplete"}),
    "a request that was no outcome": ([OFFERED, ("abandoned", 8), ASKED, cancelled(60)], set()),
    # It names a callback leg that has no outcome: that leg gets none, and is not in the reached ratio.
    "cancelled while being called back": (
        [OFFERED, ASKED, called_back(60), cancelled(70, leg=1), ("abandoned", 80, {"leg": 1})],
        REQUESTED | {"CALLBACKS_CANCELLED@70"},
    ),
    "cancelled when the callback had an outcome": (
        [OFFERED, ASKED, called_back(60), ("abandoned", 69, {"leg": 1}), cancelled(70, leg=1)],
        REQUESTED | {"CALLBACKS_CANCELLED@70", "CALLBACK_LEGS_DECIDED@60"},
    ),
    "cancelled at the instant of the callback's outcome": (
        [OFFERED, ASKED, called_back(60), ("abandoned", 70, {"leg": 1}), cancelled(70, leg=1)],
        REQUESTED | {"CALLBACKS_CANCELLED@70", "CALLBACK_LEGS_DECIDED@70"},
    ),
    "the callback's own request, which is on no list": (
        [OFFERED, ASKED, called_back(60), asked(65, leg=1), cancelled(70, leg=1)],
        REQUESTED | {"CALLBACK_LEGS_DECIDED@60"},
    ),
    "cancelled in the queue of the request": (
        [("offered", 0, {"queue": "support"}), ASKED, called_back(60), cancelled(70, leg=1)],
        {"CALLBACK_REQUESTED support@0", "CALLBACKS_CANCELLED support@70"},
    ),
    "a callback without any request": ([called_back(60), cancelled(70, leg=1)], {"incomplete"}),
    "a callback without any request gets no outcome": (
        [called_back(60), cancelled(70, leg=1), ("answered", 80, {"leg": 1})],
        {"incomplete"},
    ),
    "the latest request of the contact": (
        [OFFERED, ASKED, asked(19, "support", leg="m"), called_back(60), cancelled(70, leg=1)],
        REQUESTED | {"CALLBACKS_CANCELLED support@70"},
    ),
    "the callback's own request": (
        [OFFERED, ASKED, called_back(60), asked(65, "support", leg=1), cancelled(70, leg=1)],
        REQUESTED | {"CALLBACKS_CANCELLED support@70"},
    ),
}  # fmt: skip


@covers(
    "contact_center_callbacks_pending",
    "contact_center_callbacks_cancelled_total",
    "contact_center_callback_reached_ratio",
)
@pytest.mark.parametrize("case", CASES)
def test_callbacks(case: str) -> None:
    """Requests on the list and off it, callbacks that reached somebody, in whatever order the events come."""
    steps, expected = CASES[case]
    assert expected == facts(*steps)
    assert expected == facts(*reversed(steps))


@covers("contact_center_callback_reached_ratio")
def test_a_cancelled_callback_is_no_failed_attempt() -> None:
    """Of two callbacks one was answered and one cancelled in time: all that were tried reached somebody."""
    reached = log_of("call", OFFERED, ASKED, called_back(60), ("answered", 70, {"leg": 1}))
    steps = [OFFERED, ASKED, called_back(60), ("abandoned", 80, {"leg": 1})]
    failed, called_off = log_of("call", *steps), log_of("call", *steps, cancelled(70, leg=1))
    name = "contact_center_callback_reached_ratio"
    assert [{"": 0.5}, {"": 1}] == [values_after(name, reached, other) for other in (failed, called_off)]
