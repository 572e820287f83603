"""The jar cache: what the lock names and nothing else ever gets onto the class path."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from streams.common.errors import UserError
from streams.stack import jars
from streams.stack.jars import Jar, Lock, ensure_jars, read_lock

CONTENT = {"org/one/1/one-1.jar": b"one" * 1000, "org/two/2/two-2.jar": b"two" * 10}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Maven repository of two small artefacts on disk, and a lock that names them."""
    entries = []
    for path, content in CONTENT.items():
        file = tmp_path / "repository" / path
        file.parent.mkdir(parents=True)
        file.write_bytes(content)
        entries.append(Jar(path, len(content), hashlib.sha256(content).hexdigest()))
    monkeypatch.setattr(jars, "read_lock", lambda: Lock("4.0.0", tuple(entries)))
    monkeypatch.setattr(jars, "RETRY_WAIT_SECONDS", 0.0)
    return tmp_path / "repository"


def _contents(cache: Path) -> dict[str, bytes]:
    return {str(file.relative_to(cache)): file.read_bytes() for file in cache.rglob("*") if file.is_file()}


def test_missing_jars_are_fetched_and_nothing_else_is_left(repository: Path, tmp_path: Path) -> None:
    """An empty cache is filled with exactly the jars of the lock, in its order, without partial files."""
    cache = tmp_path / "cache"
    assert [cache / path for path in CONTENT] == ensure_jars(cache, repository.as_uri())
    assert _contents(cache) == CONTENT


@pytest.mark.parametrize("damaged", [b"", b"one" * 999, b"eno" * 1000, b"one" * 1001])
def test_a_damaged_jar_is_fetched_again(repository: Path, tmp_path: Path, damaged: bytes) -> None:
    """A cached jar that is empty, cut off, altered or too long is replaced by the right one."""
    cache = tmp_path / "cache"
    ensure_jars(cache, repository.as_uri())
    (cache / "org/one/1/one-1.jar").write_bytes(damaged)
    ensure_jars(cache, repository.as_uri())
    assert _contents(cache) == CONTENT


def test_sound_jars_need_no_repository(repository: Path, tmp_path: Path) -> None:
    """With a whole cache nothing is asked of the network."""
    cache = tmp_path / "cache"
    ensure_jars(cache, repository.as_uri())
    ensure_jars(cache, (tmp_path / "nowhere").as_uri())
    assert _contents(cache) == CONTENT


@pytest.mark.parametrize("wrong", [b"one" * 999, b"eno" * 1000, b"one" * 2000, None])
def test_a_repository_that_lies_is_refused(repository: Path, tmp_path: Path, wrong: bytes | None) -> None:
    """A download that is not what the lock names ends in one sentence and leaves no file under the jar's name."""
    file, cache = repository / "org/one/1/one-1.jar", tmp_path / "cache"
    if wrong is None:
        file.unlink()
    else:
        file.write_bytes(wrong)
    with pytest.raises(UserError, match=r"one-1\.jar cannot be downloaded") as refusal:
        ensure_jars(cache, repository.as_uri())
    assert "\n" not in str(refusal.value)
    assert not (cache / "org/one/1/one-1.jar").exists()
    assert [] == [name for name in _contents(cache) if name not in CONTENT]


def test_several_may_download_at_once(repository: Path, tmp_path: Path) -> None:
    """Downloads into one cache at the same time all succeed and leave one sound file each."""
    cache = tmp_path / "cache"
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: ensure_jars(cache, repository.as_uri()), range(8)))
    assert [[cache / path for path in CONTENT]] * 8 == results
    assert _contents(cache) == CONTENT


def test_the_lock_pins_every_jar() -> None:
    """Every entry of the committed lock is a relative jar path with a size and a whole SHA-256, each artefact once."""
    lock = read_lock()
    assert lock.kafka_version.startswith("4.")
    assert f"org/apache/kafka/kafka_2.13/{lock.kafka_version}/kafka_2.13-{lock.kafka_version}.jar" in {
        jar.path for jar in lock.jars
    }
    for jar in lock.jars:
        assert jar.path.endswith(".jar")
        assert not jar.path.startswith("/")
        assert ".." not in jar.path
        assert jar.size_bytes > 0
        assert len(bytes.fromhex(jar.sha256)) == hashlib.sha256().digest_size
    artefacts = [jar.path.rsplit("/", 2)[0] for jar in lock.jars]
    assert sorted(set(artefacts)) == sorted(artefacts)
    assert json.loads(jars.LOCK_FILE.read_text())["kafka"] == lock.kafka_version
