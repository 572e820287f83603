"""The page of bounds has the numbers that the code has."""

from __future__ import annotations

import pytest

from metrics.explain.number.reader import SCAN_LIMITS
from metrics.wallboard.query import MOST_QUEUES
from metrics.wallboard.stream import MOST_CLIENTS
from streams.config.settings import Settings
from streams.facts.customers.facts import CONTACT_LIMIT
from streams.facts.shared.marks import MARK_LIMIT
from streams.reconcile.recount import MOST_JOINED
from streams.reconcile.spill import BUCKET_BYTES
from streams.sources.logs.log_files import LINE_LIMIT_BYTES
from streams.sources.publisher import UNCONFIRMED_LIMIT
from streams.store.judged import ENTRIES_KEPT
from streams.store.keys import CHANGES_KEPT
from streams.store.registry import DIMENSION_LIMITS
from streams.worker.app import BUFFERED_BATCHES
from streams.worker.batches import LARGEST_BATCH
from streams.worker.ledger import FACTS_LIMIT_BYTES, OUTLIVED_A_COMMIT, STATES_CACHED
from streams.worker.partition import SWEPT_A_COMMIT
from tests.support.paths import ROOT

PAGE = (ROOT / "docs/bounds.md").read_text(encoding="utf-8")
DEFAULTS = {name: field.default for name, field in Settings.model_fields.items()}
BOUNDS = {
    "bytes of a record": f"{DEFAULTS['record_limit_bytes'] // 1024} KiB",
    "characters of one string": f"{DEFAULTS['string_limit']}",
    "legs of a call or chat": f"{MARK_LIMIT:,}",
    "events of one kind": f"{MARK_LIMIT:,}",
    "customers that a contact": f"{MARK_LIMIT:,}",
    "packed facts": f"{FACTS_LIMIT_BYTES // 1024} KiB",
    "contacts of a customer": f"{CONTACT_LIMIT:,}",
    "refused records in a row": f"{DEFAULTS['dead_letters_in_a_row']:,}",
    "queues that no setting": f"{DEFAULTS['queue_limit']}",
    "topics, teams": f"{DIMENSION_LIMITS['topic']} each",
    "kinds of escalation": f"{DIMENSION_LIMITS['kind']}",
    "agents": f"{DIMENSION_LIMITS['agent']:,}",
    "records of one batch": f"{LARGEST_BATCH:,}",
    "batches that wait": f"{BUFFERED_BATCHES}",
    "decoded contacts": f"{STATES_CACHED:,}",
    "expired contacts": f"{SWEPT_A_COMMIT}",
    "expired slices": f"{OUTLIVED_A_COMMIT:,}",
    "commits whose": f"{CHANGES_KEPT:,}",
    "unconfirmed records": f"{UNCONFIRMED_LIMIT:,}",
    "browsers": f"{MOST_CLIENTS}",
    "queues of one wallboard": f"{MOST_QUEUES}",
    "a search": f"{SCAN_LIMITS.seconds:g} s, or {SCAN_LIMITS.contacts:,}",
    "a line": f"{LINE_LIMIT_BYTES // 2**20} MiB",
    "bytes of records that": f"{BUCKET_BYTES // 2**20} MiB",
    "lives of one": f"{MOST_JOINED}",
    "changes of settings": f"{ENTRIES_KEPT}",
}


@pytest.mark.parametrize("bound", BOUNDS)
def test_the_page_has_the_value_of_the_code(bound: str) -> None:
    """The row of each bound shows the constant or the default in force."""
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| {bound}")]
    assert row.split("|")[2].strip().startswith(BOUNDS[bound])
