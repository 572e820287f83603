"""Tables of the pages about events: complete in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec.structs import fields

from streams.common.generated import EVENT_PAGES, with_part
from streams.common.languages import Language
from streams.contract.events import EVENTS_OF
from streams.contract.topics import INPUTS
from streams.tools.event_tables import data_of, page_text
from streams.tools.event_words import FIELDS, MEANINGS
from tests.support.paths import ROOT


def test_every_type_and_field_has_words() -> None:
    """A type or field that is added to the contract needs its meaning in both languages, and none is left over."""
    assert {topic: set(EVENTS_OF[topic]) for topic in INPUTS} == {
        topic: {verb for verb in MEANINGS[topic] if verb in EVENTS_OF[topic]} for topic in INPUTS
    }
    assert set().union(*(EVENTS_OF[topic] for topic in INPUTS)) == set().union(*MEANINGS.values())
    structs = {data_of(event) for topic in INPUTS for event in EVENTS_OF[topic].values()}
    assert {field.encode_name for struct in structs for field in fields(struct)} == set(FIELDS)
    assert all(text.en and text.es for words in (*MEANINGS.values(), FIELDS) for text in words.values())


@pytest.mark.parametrize("language", Language)
def test_a_page_names_every_type_with_its_fields(language: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each type of the contract has a row, and a row of the fields lists the values that the decoder accepts."""
    monkeypatch.chdir(ROOT)
    page = page_text(language)
    assert EVENT_PAGES[language].read_text(encoding="utf-8") == page
    for topic in INPUTS:
        for event in EVENTS_OF[topic].values():
            assert re.search(rf"^\| .*`{re.escape(str(event.__struct_config__.tag))}`", page, flags=re.MULTILINE)
    assert "| `reason` | `timeout`, `empty`, `overflow`, `key` |" in page
    assert "| `channel` | `email`, `web`, `social`, `phone`, `chat`, `other` |" in page


def test_a_page_without_the_markers_is_refused(tmp_path: Path) -> None:
    """A page whose markers were deleted is not overwritten."""
    page = tmp_path / "page.md"
    page.write_text("# Events\n")
    with pytest.raises(ValueError, match="needs a line <!-- generated: fields -->"):
        with_part(page, "fields", "x")
