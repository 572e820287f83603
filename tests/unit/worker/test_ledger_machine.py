"""The life of a partition's books: contacts come and go, events come late and twice, owners change, time passes."""

from __future__ import annotations

from hypothesis import settings

from tests.support.ledger_machine import Books, ChatBooks, TicketBooks

FEW = settings(max_examples=40, stateful_step_count=25)
TestCallBooks = Books.TestCase
TestCallBooks.settings = FEW
TestChatBooks = ChatBooks.TestCase
TestChatBooks.settings = FEW
TestTicketBooks = TicketBooks.TestCase
TestTicketBooks.settings = FEW
