"""The page of bounds has the numbers that the code has."""

from __future__ import annotations

import pytest

from metrics.explain.number.reader import SCAN_LIMITS
from metrics.exporter.scrapes import IDLE_SECONDS
from metrics.wallboard.query import MOST_QUEUES
from metrics.wallboard.screens import MOST_WAITING, MOST_WAITING_OF_ONE, ODD_SHARE
from metrics.wallboard.stream import MOST_CLIENTS
from metrics.web.rendering import ANSWERS_KEPT, ANSWERS_KEPT_BYTES
from streams.access.tokens import MOST_TOKENS
from streams.access.tries import CLIENTS_COUNTED, KNOWN_KEPT, TRIES
from streams.clients.fetching import HANDED_BYTES
from streams.common.durations import HOUR_MS
from streams.config.settings import Settings
from streams.facts.customers.facts import CONTACT_LIMIT, FORGOTTEN_KEPT_MS
from streams.facts.shared.marks import MARK_LIMIT
from streams.reconcile.recount import MOST_JOINED
from streams.reconcile.spill import BUCKET_BYTES
from streams.serving import limits
from streams.serving.complaints import LINES_OF_ALL, LINES_OF_ONE
from streams.sources.logs.log_files import LINE_LIMIT_BYTES
from streams.sources.publisher import UNCONFIRMED_LIMIT
from streams.stack.guard import CONNECTIONS, HEAD_BYTES, HEAD_SECONDS
from streams.store.anchors import MOST_ANCHORS
from streams.store.field_reader import READ_BYTES
from streams.store.judged import ENTRIES_KEPT
from streams.store.keys import CHANGES_KEPT
from streams.store.registry import DIMENSION_LIMITS, LABEL_SETS
from streams.store.slices import CELLS_CACHED
from streams.worker.app import BUFFERED_BATCHES
from streams.worker.batches import BUFFERED_BYTES, LARGEST_BATCH
from streams.worker.consumer import FETCH_BYTES
from streams.worker.contact_bounds import FACTS_LIMIT_BYTES
from streams.worker.dead_letters import LARGEST_VALUE
from streams.worker.event_clock import ASIDE_KEPT_MS, ASIDE_LIMIT, ASIDE_LIMIT_BYTES
from streams.worker.ledger import OUTLIVED_A_COMMIT, STATES_CACHED, STATES_CACHED_BYTES
from streams.worker.opened_ledger import CACHED_BYTES
from streams.worker.portion_fold import MOST_SWEPT, SWEPT_A_COMMIT
from streams.worker.portions import (
    COMMIT_BYTES,
    COMMIT_ENTRIES,
    REFUSED_BYTES_IN_A_PORTION,
    REFUSED_IN_A_PORTION,
    STATE_BYTES_IN_A_PORTION,
)
from streams.worker.standstill import INTERNAL_IN_A_ROW
from tests.support.paths import ROOT

PAGE = (ROOT / "docs/bounds.md").read_text(encoding="utf-8")
MIB = 1 << 20
DEFAULTS = {name: field.default for name, field in Settings.model_fields.items()}
BOUNDS = {
    "bytes of a record": f"{DEFAULTS['record_limit_bytes'] // 1024} KiB",
    "characters of one string": f"{DEFAULTS['string_limit']}",
    "legs of a call or chat": f"{MARK_LIMIT:,}",
    "events of one kind": f"{MARK_LIMIT:,}",
    "customers that a contact": f"{MARK_LIMIT:,}",
    "packed facts": f"{FACTS_LIMIT_BYTES // 1024} KiB",
    "contacts of a customer": f"{CONTACT_LIMIT:,}",
    "events of a partition far": f"{ASIDE_LIMIT:,}, {ASIDE_LIMIT_BYTES // 2**20} MiB and {ASIDE_KEPT_MS // HOUR_MS} h",
    "times that a partition's clock": f"{MOST_ANCHORS}",
    "refused records in a row": f"{DEFAULTS['dead_letters_in_a_row']:,}",
    "records in a row that break": f"{INTERNAL_IN_A_ROW}",
    "queues that no setting": f"{DEFAULTS['queue_limit']}",
    "rows of queues that": f"{LABEL_SETS}",
    "topics, teams": f"{DIMENSION_LIMITS['topic']} each",
    "kinds of escalation": f"{DIMENSION_LIMITS['kind']}",
    "agents": f"{DIMENSION_LIMITS['agent']:,}",
    "unpacked bytes": f"{DEFAULTS['batch_limit_bytes'] // MIB} MiB",
    "packed bytes of one answer": f"{FETCH_BYTES // MIB} MiB",
    "records of one fetch": f"{LARGEST_BATCH:,}",
    "bytes of records of one fetch": f"{HANDED_BYTES // MIB} MiB",
    "bytes of records that wait": f"{BUFFERED_BYTES // MIB} MiB",
    "dead letters of one portion": f"{REFUSED_IN_A_PORTION:,}",
    "bytes of dead letters": f"{REFUSED_BYTES_IN_A_PORTION // MIB} MiB",
    "bytes of states read": f"{STATE_BYTES_IN_A_PORTION // MIB} MiB",
    "fields and members": f"{COMMIT_ENTRIES:,}",
    "bytes of states that one commit": f"{COMMIT_BYTES // MIB} MiB",
    "bytes of one answer of Redis": f"{READ_BYTES // MIB} MiB",
    "packed bytes of those": f"{CACHED_BYTES // MIB} MiB over all partitions, {STATES_CACHED_BYTES // MIB} MiB",
    "counters of decoded slices": f"{CELLS_CACHED:,}",
    "batches that wait": f"{BUFFERED_BATCHES}",
    "decoded contacts": f"{STATES_CACHED:,}",
    "expired contacts": f"{SWEPT_A_COMMIT}, and twice the contacts that it touched, up to {MOST_SWEPT:,}",
    "expired slices": f"{OUTLIVED_A_COMMIT:,}",
    "commits whose": f"{CHANGES_KEPT:,}",
    "unconfirmed records": f"{UNCONFIRMED_LIMIT:,}",
    "browsers": f"{MOST_CLIENTS}",
    "pages of chosen": f"{MOST_WAITING}, and {MOST_WAITING_OF_ONE} of",
    "time for views": f"{ODD_SHARE:.0%}".replace("%", " %"),
    "tokens": f"{MOST_TOKENS:,}",
    "wrong tokens": f"{TRIES} a minute",
    "addresses whose wrong": f"{CLIENTS_COUNTED:,} a minute",
    "right tokens": f"{KNOWN_KEPT:,}",
    "open connections of exporter": f"{limits.MOST_CONNECTIONS:,}, or {limits.FILES_KEPT} fewer",
    "open connections of an address": f"{DEFAULTS['connections_per_address']}",
    "handshake of TLS": f"{limits.HANDSHAKE_SECONDS} s",
    "encrypted bytes received": f"{limits.TLS_BUFFER_BYTES // 1024} KiB",
    "line and headers": f"{limits.HEAD_BYTES // 1024} KiB, {limits.HEAD_SECONDS:g} s",
    "body of a request": f"{limits.BODY_BYTES // 1024} KiB, {limits.BODY_SECONDS:g} s",
    "an answer held": f"{limits.PIECE_BYTES // 1024} KiB pieces, {limits.STALL_SECONDS:g} s",
    "different answers": f"{limits.IN_FLIGHT_BYTES // 2**20} MiB",
    "a letter's value": f"{LARGEST_VALUE // MIB} MiB",
    "connections of the guard": f"{CONNECTIONS}, {HEAD_BYTES // 1024} KiB and {HEAD_SECONDS:g} s",
    "a customer is known": {10: "ten years"}[FORGOTTEN_KEPT_MS // (366 * 24 * HOUR_MS)],
    "answers of the API": f"{ANSWERS_KEPT}, and {ANSWERS_KEPT_BYTES // 2**20} MiB",
    "series of one scrape": f"{DEFAULTS['series_limit']:,}",
    "lines kept": f"{IDLE_SECONDS:g} s",
    "lines of log": f"{LINES_OF_ALL} a minute, {LINES_OF_ONE} an address",
    "queues of one wallboard": f"{MOST_QUEUES}",
    "a search": f"{SCAN_LIMITS.seconds:g} s, or {SCAN_LIMITS.contacts:,}",
    "a line": f"{LINE_LIMIT_BYTES // 2**20} MiB",
    "bytes that `veinte reconcile`": f"{BUCKET_BYTES // 2**20} MiB",
    "lives of one": f"{MOST_JOINED}",
    "changes of settings": f"{ENTRIES_KEPT}",
}


@pytest.mark.parametrize("bound", BOUNDS)
def test_the_page_has_the_value_of_the_code(bound: str) -> None:
    """The row of each bound shows the constant or the default in force."""
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| {bound}")]
    assert row.split("|")[2].strip().startswith(BOUNDS[bound])
