"""A log that nobody can fill."""

from __future__ import annotations

import logging

import pytest

from streams.serving.complaints import LINES_OF_ALL, LINES_OF_ONE, PERIOD_SECONDS, Complaints


def test_a_few_lines_a_minute_about_each_and_a_bound_for_all(caplog: pytest.LogCaptureFixture) -> None:
    """Of a thousand lines about one address three are logged, about a thousand addresses thirty; then they count."""
    clock = [0.0]
    complaints = Complaints(logging.getLogger("test"), lambda: clock[0])
    for _ in range(1_000):
        complaints.say("127.0.0.2", "bad")
    assert LINES_OF_ONE == len(caplog.records)
    for number in range(1_000):
        complaints.say(str(number), "bad")
    assert LINES_OF_ALL == len(caplog.records)
    clock[0] += PERIOD_SECONDS
    complaints.turn()
    left_out = 2_000 - LINES_OF_ALL
    assert f"{left_out} more lines about bad requests were left out in the last minute" == caplog.messages[-1]
    complaints.say("127.0.0.2", "bad again")
    assert "bad again" == caplog.messages[-1]


def test_an_error_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    """A bug is an error and shows where it is; the same again and again is not."""
    complaints = Complaints(logging.getLogger("test"))
    for _ in range(10):
        complaints.say("page", "failed", error=ValueError("why"))
    assert [logging.ERROR] * LINES_OF_ONE == [record.levelno for record in caplog.records]
    assert "ValueError: why" in caplog.text
