"""The command `veinte` with a fault in the fold of calls, for tests of what the worker does about it.

BROKEN says what happens when a call whose subject begins with "broken" is folded: `raise`, or `kill` (the process kills
itself as another one might: no handler runs).
"""

from __future__ import annotations

import os
import signal
from typing import Any

from metrics.commands.cli import main
from streams.worker.ledger import Ledger

_fold = Ledger.fold


def _broken_fold(self: Ledger, subject: str, *rest: Any) -> Any:
    refused = _fold(self, subject, *rest)
    if subject.startswith("broken"):
        if os.environ["BROKEN"] == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        raise ValueError("a fault of ours")
    return refused


if __name__ == "__main__":
    Ledger.fold = _broken_fold  # type: ignore[assignment,method-assign]
    main()
