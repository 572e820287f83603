"""Earlier names of queues, as the setting ``was`` gives them (events.md, "Names and people")."""

from __future__ import annotations

from collections.abc import Mapping

Renamed = Mapping[str, str]
"""Earlier name of a queue → its name, within one channel."""
Renames = Mapping[str, Renamed]
"""Channel → the renamed queues of that channel."""
NO_RENAMES: Renames = {}
