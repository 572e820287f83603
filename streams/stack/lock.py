"""Generator of ``kafka.lock.json``: every jar of the embedded Kafka with its size and SHA-256.

After changing a version below, run ``python -m streams.stack.lock``, read the difference and commit it. Only this
module resolves dependencies: `veinte stack up` downloads exactly the jars of the committed lock.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path

KAFKA_VERSION = "4.4.0"
LOG4J_VERSION = "2.25.5"
"""The logging backend: `kafka_2.13` itself depends only on slf4j 1.7 (hence `log4j-slf4j-impl`) and this log4j-api."""
ROOTS = (
    f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}",
    f"org.apache.logging.log4j:log4j-slf4j-impl:{LOG4J_VERSION}",
)
RUNTIME_SCOPES = (None, "compile", "runtime")


def resolve_jars(cache: Path) -> dict[str, Path]:
    """Jars that the roots need at run time: path inside a Maven repository → file downloaded under ``cache``.

    Each root is resolved alone: jgo applies the managed versions of one root to the others, so log4j's would change
    `kafka-clients` to 3.9. Resolved alone, the list equals Maven's.

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
    """Text of the lock file, resolved now from Maven Central (about 45 MB of downloads)."""
    with tempfile.TemporaryDirectory() as cache:
        jars = resolve_jars(Path(cache))
        entries = [
            {"path": path, "bytes": file.stat().st_size, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
            for path, file in sorted(jars.items())
        ]
    return json.dumps({"kafka": KAFKA_VERSION, "jars": entries}, indent=1) + "\n"


if __name__ == "__main__":
    Path(__file__).with_name("kafka.lock.json").write_text(lock_text())
