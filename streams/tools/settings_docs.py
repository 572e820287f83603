"""Generator of ``docs/settings.md`` from the fields of the settings.

``python -m streams.tools.settings_docs`` writes it; with ``--check`` it compares instead.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from streams.clients.topic_configs import (
    DEAD_LETTER_MAX_BYTES,
    DEAD_LETTER_RETENTION_MS,
    TIMESTAMP_AFTER_MAX,
    TIMESTAMP_AFTER_MAX_MS,
)
from streams.common.durations import DAY_MS, format_duration
from streams.common.generated import write_or_compare
from streams.config.queue_settings import QueueSettings, TargetSettings
from streams.config.setting_errors import SECRETS
from streams.config.setting_sources import ENV_PREFIX
from streams.config.setting_types import is_duration
from streams.config.settings import Settings
from streams.config.stored_settings import FIXED, SHARED
from streams.contract.topics import dead_letter_topic
from streams.facts.domains import DOMAINS

SETTINGS_DOC = Path("docs/settings.md")
DATA_DEFAULT = "the user's data directory, on Linux `~/.local/share/veinte`"

INTRODUCTION = """\
# Settings

Generated from `streams/config/settings.py` by `make generate`; `make check` compares.

A setting comes from, the strongest first: its variable (`VEINTE_PARTITIONS=4`), a file that a variable names (for
secrets: `VEINTE_HASH_KEY_FILE=/run/secrets/hash_key`), or `veinte.toml` in the current directory, under the same name
in lower case and without the prefix (`partitions = 4`, `hash_key_file = "…"`). What is not given has its default.

- Durations are a number and a unit: `250ms`, `20s`, `15m`, `24h`, `36d`; a number alone is refused.
- `veinte check` prints the settings in force, where each comes from, and everything that is wrong with them, with Kafka
  and with Redis, at once. Secrets are never printed, by this command or any other.
- A setting that cannot work is refused at start, and so is an unknown name in `veinte.toml` or an unknown `VEINTE_*`
  variable. Variables that Kubernetes makes of services are passed over; where a service is called `veinte-worker` or
  `veinte-exporter`, set `enableServiceLinks: false`, since it would set the ports below.
- The settings {shared}
  are those of the worker in all programs: it stores them with the numbers, and exporter, report and explain show them,
  whatever they were given. Settings that differ are named by each of these, by the wallboard and by `veinte check`; a
  setting of a queue is `queues.NAME.SETTING`, with `[since]` after the name where it is of a later policy, and a value
  that only another release can read is `?`. Another {fixed} comes with `veinte rebuild`
  ([why](decisions/0009-settings-of-the-numbers.md)); all others with a restart of the worker.
"""

QUEUES = """\
## Queues

A queue that is not named here has the defaults of this table. `[queues.NAME]` changes them for the queue of that name
in its `channel`, which is required:

```toml
[queues.sales]
channel = "call"
time_zone = "Europe/Madrid"
target_seconds = 20
objective = 0.85

# A policy that changes: one table each, the later ones with the first instant they hold.
[[queues.support]]
channel = "ticket"
first_response = "24h"

[[queues.support]]
channel = "ticket"
since = 2027-01-01T00:00:00+01:00
first_response = "12h"
```

A contact is judged by the policy in force when it came, so changing a setting never rewrites the past.

A queue that was renamed names its earlier names, and keeps its numbers ([events.md](events.md#renamed-queues)):

```toml
[queues.accounts]
channel = "ticket"
was = ["billing"]
```
"""

TARGETS = """\
## Targets of tickets

Some tickets of a queue may have other limits: those that came by one `medium`, those of one `priority`, or both.

```toml
[queues.billing]
channel = "ticket"
calendar = "madrid"            # a table [calendars.madrid], see calendars.md
first_response = "8h"          # of open hours

[[queues.billing.targets]]
medium = "social"
first_response = "1h"

[[queues.billing.targets]]
medium = "social"
priority = "urgent"
first_response = "15m"
resolution = "4h"
```

Limit by limit the most precise target wins: medium and priority, else the priority, else the medium, else what the
queue itself says. Where a queue has several policies, a target belongs to the one above it.
"""

CALENDARS = """\
## Calendars

`[calendars.NAME]` are opening hours, in force for the queues that name them; [calendars.md](calendars.md) says how they
are written and how time is counted.
"""


def _listed(names: Sequence[str]) -> str:
    """Names of settings as code: `a`, `b` and `c`."""
    *most, last = (f"`{name}`" for name in names)
    return f"{', '.join(most)} and {last}" if most else last


def settings_page() -> str:
    """Text of ``docs/settings.md``."""
    lines = [
        INTRODUCTION.format(shared=_listed(SHARED), fixed=_listed(FIXED)),
        "| setting | variable | default | meaning |",
        "|---|---|---|---|",
        *_rows(Settings.model_fields, variables=True),
        "",
        QUEUES,
        "| setting of a queue | default | meaning |",
        "|---|---|---|",
        *_rows(QueueSettings.model_fields, variables=False),
        "",
        TARGETS,
        "| setting of a target | default | meaning |",
        "|---|---|---|",
        *_rows(TargetSettings.model_fields, variables=False),
        "",
        CALENDARS,
        *_topics(),
    ]
    return "\n".join(lines) + "\n"


def _rows(fields: Mapping[str, FieldInfo], *, variables: bool) -> Iterator[str]:
    for name, field in fields.items():
        cells = [f"`{name}`"]
        if variables:
            variable = f"`{ENV_PREFIX}{name.upper()}`"
            cells.append(f"{variable} or `{ENV_PREFIX}{name.upper()}_FILE`" if name in SECRETS else variable)
        cells += [_default(name, field), f"{field.description}{_choices(field)}"]
        yield f"| {' | '.join(cells)} |"


def _default(name: str, field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if name == "data":
        return DATA_DEFAULT
    if isinstance(value, SecretStr):
        value = value.get_secret_value()  # a default is no secret
    if value is None or value in ("", {}, ()):
        return "–"
    if is_duration(field.annotation, field.metadata):
        return f"`{format_duration(value)}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _choices(field: FieldInfo) -> str:
    annotation: Any = field.annotation
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        names = [str(member) for member in annotation]
    else:
        names = [part for part in get_args(annotation) if isinstance(part, str)]
    return f" ({', '.join(f'`{name}`' for name in names)})" if names else ""


def _topics() -> list[str]:
    dead = ", ".join(f"`{dead_letter_topic(domain.topic)}`" for domain in DOMAINS)
    inputs: dict[int, list[str]] = {}
    for domain in DOMAINS:
        if not domain.is_derived:
            inputs.setdefault(domain.retention_ms, []).append(f"`{domain.topic}`")
    return [
        "## Topics",
        "",
        "`veinte stack up` creates them. On another Kafka they must be there, each with `partitions` partitions,",
        "`topic_prefix` before its name, `cleanup.policy=delete` and at least this retention; `veinte check`",
        "verifies it.",
        "",
        "| topic | `retention.ms` | more |",
        "|---|---|---|",
        *(
            f"| {', '.join(topics)} | {_kept(kept_ms)} | `{TIMESTAMP_AFTER_MAX}={TIMESTAMP_AFTER_MAX_MS}` (Kafka's own "
            "default) or less; record key = `subject` of the event |"
            for kept_ms, topics in inputs.items()
        ),
        f"| {dead} | {_kept(DEAD_LETTER_RETENTION_MS)} | `max.message.bytes={DEAD_LETTER_MAX_BYTES}` |",
        *(f"| `{domain.topic}` | {_kept(domain.retention_ms)} | internal |" for domain in DOMAINS if domain.is_derived),
    ]


def _kept(retention_ms: int) -> str:
    return f"{retention_ms} ({retention_ms // DAY_MS} days)"


if __name__ == "__main__":
    sys.exit(write_or_compare({SETTINGS_DOC: settings_page}, sys.argv[1:]))
