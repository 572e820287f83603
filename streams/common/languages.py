"""The languages of what people read, and texts in both."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Language(StrEnum):
    """The languages of what people read on boards."""

    ENGLISH = "en"
    SPANISH = "es"


class Bilingual(NamedTuple):
    """The same in both languages."""

    en: str
    es: str

    def of(self, language: Language) -> str:
        """The words in one language."""
        return self.en if language is Language.ENGLISH else self.es
