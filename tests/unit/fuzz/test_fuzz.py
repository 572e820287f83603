"""The targets of ``make fuzz``, shortly, and the inputs that once failed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.inputs import inputs
from tests.fuzz.kept import CORPUS, corpus
from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=150)
@given(drawn=st.data())
def test_no_bytes_raise_anything_unexpected(target: str, drawn: st.DataObject) -> None:
    """Whatever comes is taken, or refused for a reason: nothing that others send stops a process."""
    TARGETS[target](drawn.draw(st.one_of(inputs(target))))


@pytest.mark.parametrize("target", TARGETS)
def test_kept_inputs(target: str) -> None:
    """Inputs in the corpus, which have failed once or reach far, do not fail."""
    kept = list(corpus(target))
    assert [] != kept
    for data in kept:
        TARGETS[target](data)


def test_every_input_is_one_of_a_target() -> None:
    """A file of the corpus names its target, or nobody would try it."""
    assert set() == {path.name.partition("-")[0] for path in CORPUS.iterdir()} - set(TARGETS)
