"""Tables of the reasons for blindness in the runbook of the alert VeinteBlind."""

from __future__ import annotations

from pathlib import Path

from metrics.snapshot.blindness import BLIND_REASONS
from streams.common.generated import with_parts
from streams.common.languages import Bilingual, Language

RUNBOOK = Path("docs/runbooks/VeinteBlind.md")
_HEADINGS = Bilingual("| `reason` | meaning | do |", "| `reason` | significado | qué hacer |")


def runbook_text() -> str:
    """The runbook with its tables in both languages made anew."""
    return with_parts(RUNBOOK, {f"reasons {language.value}": _table(language) for language in Language})


def _table(language: Language) -> str:
    rows = (
        f"| {each.name} | {each.why.of(language)} | {each.remedy.of(language)} |" for each in BLIND_REASONS.values()
    )
    return "\n".join((_HEADINGS.of(language), "|---|---|---|", *rows))
