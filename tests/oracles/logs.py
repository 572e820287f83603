"""Location of the public research logs; their licences keep them out of the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

BANK = "anonymous-bank-1999-02-first-half.tsv"
BANK_EXPECTED = "anonymous-bank-expected.jsonl"
HELPDESK = "italian-helpdesk-first-half.csv"


def research_log(name: str) -> Path:
    """The file ``name`` in the folder of VEINTE_LOGS; without it the test is skipped."""
    folder = os.environ.get("VEINTE_LOGS")
    if not folder:
        pytest.skip("VEINTE_LOGS names no folder with the public research logs")
    path = Path(folder) / name
    if not path.is_file():
        pytest.skip(f"VEINTE_LOGS={folder} has no {name}")
    return path
