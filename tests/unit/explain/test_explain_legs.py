"""Names of legs in answers: hashes, as those of contacts."""

from __future__ import annotations

import pytest

from metrics.explain.number.leg_names import shown_leg


def pseudonym(identifier: str) -> bytes:
    return f"<{identifier}>".encode()


@pytest.mark.parametrize("name", ["+34600112233", "600112233", "1234", "leg of Ana", "1.5", "a", " 1"])
def test_a_name_is_hashed(name: str) -> None:
    """A telephone system may name a leg by a number that was dialled."""
    assert pseudonym(name).hex() == shown_leg(name, pseudonym)


@pytest.mark.parametrize("name", ["", "0", "1", "12", "999"])
def test_a_numbered_leg_keeps_its_number(name: str) -> None:
    """Its place among the legs of its contact says nothing about a person."""
    assert name == shown_leg(name, pseudonym)
