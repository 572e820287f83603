"""Languages of the user interface, and texts in both."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Language(StrEnum):
    """Languages of boards, alerts and explanations."""

    ENGLISH = "en"
    SPANISH = "es"


class Bilingual(NamedTuple):
    """A text in English and Spanish."""

    en: str
    es: str

    def of(self, language: Language) -> str:
        """The text in one language."""
        return self.en if language is Language.ENGLISH else self.es
