"""Pieces of PromQL. Two exporters side by side say the same, so every metric is read as the greatest of its copies."""

from __future__ import annotations

QUEUE = ("channel", "queue")
ON_QUEUE = "on (channel, queue)"
CLOSED = f"unless {ON_QUEUE} contact_center_queue_open == 0"
"""Outside the opening hours nobody is told; a queue that is not configured has no opening hours and is always open."""
JUST_OPENED = f"unless {ON_QUEUE} min_over_time(contact_center_queue_open[1h]) == 0"
"""Outside the opening hours and in their first hour, when what is usual over day and night is not there yet."""
BLIND = "unless on (channel) veinte_blind == 1"
"""Where nothing can be seen, that nothing happens says nothing, and who waited then may have been answered."""


def of(metric: str, by: tuple[str, ...] = QUEUE, **labels: str) -> str:
    """The metric of each queue, or by other labels. A value of ``labels`` may begin with ``!=`` or ``=~``."""
    return f"max by ({', '.join(by)}) ({metric}{_matchers(labels)})"


def summed(metric: str, *parts: str, by: tuple[str, ...] = QUEUE, **labels: str) -> str:
    """The metric of each queue, added up over the labels ``parts``."""
    return f"sum by ({', '.join(by)}) ({of(metric, (*by, *parts), **labels)})"


def _matchers(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    operators = {label: value[:2] if value.startswith(("!=", "=~")) else "=" for label, value in labels.items()}
    texts = (f'{label}{operator}"{labels[label].removeprefix(operator)}"' for label, operator in operators.items())
    return f"{{{', '.join(texts)}}}"


def exact(number: float) -> str:
    """A number as it was set: six digits of 4.9999999 would be 5."""
    return f"{number:.15g}"


def lines(*parts: str) -> str:
    """An expression of several lines."""
    return "\n".join(parts)
