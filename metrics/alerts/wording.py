"""Placeholders in the texts of alerts, such as ``<queue>``, and the Go templates for them in Prometheus."""

from __future__ import annotations

import re
from collections.abc import Mapping

from metrics.snapshot.blindness import BLIND_REASONS
from streams.common.languages import Bilingual, Language
from streams.contract.topics import Topic

_MARK = re.compile(r"<([a-z_]+)>")
_UNTOLD = Bilingual("`/api/v1/snapshot` says it.", "lo dice `/api/v1/snapshot`.")
"""In place of the reason where Prometheus has none."""
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


def _blindness(topic: str, language: Language) -> str:
    """Template for the reason why a topic is blind and what to do about it, in words.

    Args:
        topic: its name, in the language of the templates.
        language: of the words.
    """
    cases = "".join(
        f'{{{{ if eq . "{each.name}" }}}}{each.why.of(language)}. {each.remedy.of(language)}{{{{ end }}}}'
        for each in BLIND_REASONS.values()
    )
    return (
        f'{{{{ with printf "veinte_blind_reason{{topic=%q}} == 1" {topic} | query }}}}'
        f'{{{{ with . | first | label "reason" }}}}{cases}{{{{ end }}}}'
        f"{{{{ else }}}}{_UNTOLD.of(language)}{{{{ end }}}}"
    )


MARKS: Mapping[str, str] = {
    "queue": "{{ $labels.queue }}",
    "channel": "{{ $labels.channel }}",
    "topic": "{{ $labels.topic }}",
    "partition": "{{ $labels.partition }}",
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


def literal(text: str) -> str:
    """A text of the settings in a template of Prometheus, which shows it as it is: an action in it does nothing."""
    return text.replace("{{", '{{ "{{" }}')


def filled(words: Bilingual, language: Language) -> str:
    """The text as Prometheus reads it. ``<contacts>`` is the plural name of the queue's channel,
    ``<blindness>`` the reason why the channel is blind and what to do.

    Raises:
        KeyError: a placeholder does not exist.
    """
    marks = {
        **MARKS,
        "contacts": _contacts(language),
        "blindness": _blindness('(printf "%ss" $labels.channel)', language),
        "blindness_of_repeats": _blindness(f'"{Topic.CONTACTS}"', language),
    }
    return _MARK.sub(lambda match: marks[match[1]], words.of(language))
