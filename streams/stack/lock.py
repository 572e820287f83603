"""Makes ``kafka.lock.json``: every jar of the embedded Kafka with its size and SHA-256.

Run ``python -m streams.stack.lock`` to write it anew after changing a version below, read the difference, commit it.
Only this module resolves anything: `veinte stack up` downloads exactly what the committed lock names.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path

KAFKA_VERSION = "4.4.0"
LOG4J_VERSION = "2.25.5"
"""The logging backend: `kafka_2.13` itself brings only slf4j 1.7 (hence `log4j-slf4j-impl`) and this log4j-api."""
ROOTS = (
    f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}",
    f"org.apache.logging.log4j:log4j-slf4j-impl:{LOG4J_VERSION}",
)
RUNTIME_SCOPES = (None, "compile", "runtime")


def resolve_jars(cache: Path) -> dict[str, Path]:
    """The jars the roots need at run time: path inside a Maven repository → file downloaded under ``cache``.

    Each root is resolved alone: jgo lets the managed versions of one root govern the others, so that log4j's would turn
    `kafka-clients` into 3.9. Resolved alone the list is the one Maven gives.

    Raises:
        ValueError: two roots need the same artefact in different versions.
    """
    from jgo.maven import MavenContext

    context = MavenContext(repo_cache=cache)
    versions: dict[tuple[str, str], str] = {}
    jars: dict[str, Path] = {}
    for root in ROOTS:
        inputs, transitive = context.resolver.resolve([context.create_dependency(root)])
        for dependency in (*inputs, *transitive):
            if dependency.scope not in RUNTIME_SCOPES or dependency.optional:
                continue
            artifact = dependency.artifact
            name = (artifact.groupId, artifact.artifactId)
            if versions.setdefault(name, artifact.version) != artifact.version:
                raise ValueError(f"{':'.join(name)} is needed as {versions[name]} and as {artifact.version}")
            path = artifact.resolve()
            jars[f"{artifact.component.path_prefix.as_posix()}/{artifact.filename}"] = Path(path)
    return jars


def lock_text() -> str:
    """The whole lock file, resolved now from Maven Central (about 45 MB of downloads)."""
    with tempfile.TemporaryDirectory() as cache:
        jars = resolve_jars(Path(cache))
        entries = [
            {"path": path, "bytes": file.stat().st_size, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
            for path, file in sorted(jars.items())
        ]
    return json.dumps({"kafka": KAFKA_VERSION, "jars": entries}, indent=1) + "\n"


if __name__ == "__main__":
    Path(__file__).with_name("kafka.lock.json").write_text(lock_text())
