"""Placeholders in the texts of alerts, such as ``<queue>``, and the Go templates for them in Prometheus."""

from __future__ import annotations

import re
from collections.abc import Mapping

from streams.common.languages import Bilingual, Language

_MARK = re.compile(r"<([a-z_]+)>")
_CONTACTS = {
    Language.ENGLISH: {"call": "calls", "chat": "chats", "ticket": "tickets"},
    Language.SPANISH: {"call": "llamadas", "chat": "chats", "ticket": "tickets"},
}


def _asked(metric: str, shown: str, matchers: str = "") -> str:
    """Template for the first value of a metric of the alert's queue."""
    selector = f"{metric}{{channel=%q,queue=%q{matchers}}}".replace('"', '\\"')
    return (
        f'{{{{ with printf "{selector}" $labels.channel $labels.queue | query }}}}'
        f"{{{{ . | first | value | {shown} }}}}{{{{ end }}}}"
    )


def _contacts(language: Language) -> str:
    words = _CONTACTS[language]
    return (
        f'{{{{ if eq $labels.channel "call" }}}}{words["call"]}'
        f'{{{{ else if eq $labels.channel "chat" }}}}{words["chat"]}'
        f"{{{{ else }}}}{words['ticket']}{{{{ end }}}}"
    )


MARKS: Mapping[str, str] = {
    "queue": "{{ $labels.queue }}",
    "channel": "{{ $labels.channel }}",
    "topic": "{{ $labels.topic }}",
    "reason": "{{ $labels.reason }}",
    "number": '{{ printf "%.0f" $value }}',
    "percent": '{{ printf "%.0f" $value }}%',
    "duration": "{{ humanizeDuration $value }}",
    "share": "{{ humanizePercentage $value }}",
    "clock": '{{ ($value | toTime).Format "15:04" }}',
    "objective": _asked("contact_center_service_level_objective_ratio", "humanizePercentage"),
    "target": _asked("contact_center_service_level_target_seconds", "humanizeDuration"),
    "usual": _asked("contact_center_contacts_expected", 'printf "%.0f"', ',window="15m"'),
    "waiting": _asked("contact_center_contacts_waiting", 'printf "%.0f"'),
}
"""Templates by placeholder. ``clock`` expects a value shifted to the queue's own clock, ``percent`` one in percent."""


def filled(words: Bilingual, language: Language) -> str:
    """The text as Prometheus reads it. ``<contacts>`` is the plural name of the queue's channel.

    Raises:
        KeyError: a placeholder does not exist.
    """
    marks = {**MARKS, "contacts": _contacts(language)}
    return _MARK.sub(lambda match: marks[match[1]], words.of(language))
