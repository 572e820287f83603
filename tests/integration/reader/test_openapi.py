"""The API held against its published OpenAPI document, by many questions that it allows and many that it does not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

from streams.common.vocabulary import Clock
from tests.conftest import SettingsFactory
from tests.integration.reader.test_explain import START_MS, Environment, a_day
from tests.integration.reader.test_exporter import Exporter, publish
from tests.support.processes import programs

EXAMPLES = os.environ.get("OPENAPI_EXAMPLES", "12")
"""Drawn questions of each operation, beside those that cover each parameter; 1,200 make more than 5,000 requests."""
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
SECONDS = 1_200


def test_every_answer_is_one_that_the_openapi_document_names(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """No question gets a status, a content type or a shape of JSON that is not published; none a 500."""
    settings = settings_factory(clock=Clock.EVENT)
    publish(settings, a_day(START_MS))
    with programs(environment_of(settings), tmp_path / "programs") as run:
        run.drain()
        exporter = Exporter(run)
        exporter.wait_for("/readyz", 200)
        exporter.wait_for("/api/v1/week", 200)
        asked = tmp_path / "asked.har"
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run"),
                f"http://127.0.0.1:{exporter.port}/api/v1/openapi.json",
                *("--checks", CHECKS, "--max-examples", EXAMPLES, "--seed", "20", "--no-shrink"),
                *("--phases", "coverage,fuzzing", "--report", "har", "--report-har-path", str(asked)),
            ],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            cwd=tmp_path,
            check=False,
        )
        assert 0 == done.returncode, done.stdout + done.stderr
        assert "Traceback" not in exporter.program.stderr
    entries = json.loads(asked.read_text())["log"]["entries"]
    answers = Counter((urlsplit(each["request"]["url"]).path, each["response"]["status"]) for each in entries)
    print(f"{len(entries)} requests: {dict(answers)}")
    for path in ("/api/v1/snapshot", "/api/v1/week", "/api/v1/trends", "/api/v1/explain"):
        assert answers[path, 400]
    assert answers["/api/v1/snapshot", 200]
