"""Pieces of PromQL. Every metric is read as the maximum over exporters, because two side by side export the same
series."""

from __future__ import annotations

QUEUE = ("channel", "queue")
ON_QUEUE = "on (channel, queue)"
CLOSED = f"unless {ON_QUEUE} contact_center_queue_open == 0"
"""No alert outside the opening hours; a queue without a calendar has none and is always open."""
JUST_OPENED = f"unless {ON_QUEUE} min_over_time(contact_center_queue_open[1h]) == 0"
"""No alert outside the opening hours or in their first hour, which the usual count over day and night misjudges."""
BLIND = "unless on (channel) veinte_blind == 1"
"""No alert while blind: a count of zero proves nothing, and a waiting contact may have been answered since."""


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
    """A number with all its digits: rounding 4.9999999 to six would give 5."""
    return f"{number:.15g}"


def lines(*parts: str) -> str:
    """An expression of several lines."""
    return "\n".join(parts)
