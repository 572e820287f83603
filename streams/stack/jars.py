"""Jars of the embedded Kafka: downloaded once per user from Maven Central, verified by SHA-256 at every start."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from streams.common.errors import UserError
from streams.common.folders import cache_folder
from streams.stack.progress import download_bar

MAVEN_CENTRAL = "https://repo1.maven.org/maven2"
LOCK_FILE = Path(__file__).with_name("kafka.lock.json")
DOWNLOADS_AT_ONCE = 4
DOWNLOAD_TRIES = 4
RETRY_WAIT_SECONDS = 0.5
"""Wait before the second attempt; doubled before each further one."""
READ_TIMEOUT_SECONDS = 30
CHUNK_BYTES = 256 * 1024


class Jar(NamedTuple):
    """One locked artefact: its path in a Maven repository, its size and its SHA-256 in hexadecimal."""

    path: str
    size_bytes: int
    sha256: str


class Lock(NamedTuple):
    """Content of the committed lock file."""

    kafka_version: str
    jars: tuple[Jar, ...]


class _Corrupt(Exception):
    """A download that does not match the lock; it is retried."""


@lru_cache
def read_lock() -> Lock:
    """The committed lock file."""
    raw = json.loads(LOCK_FILE.read_text())
    return Lock(raw["kafka"], tuple(Jar(jar["path"], jar["bytes"], jar["sha256"]) for jar in raw["jars"]))


def jar_cache() -> Path:
    """Folder of this user's jars."""
    return cache_folder() / "maven"


def _sound(file: Path, jar: Jar) -> bool:
    try:
        if file.stat().st_size != jar.size_bytes:
            return False
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest() == jar.sha256
    except OSError:
        return False


def _download(url: str, file: Path, jar: Jar, advance: Callable[[int], None]) -> None:
    """Fetch ``url`` into a temporary file and rename it to ``file`` once it is verified, so that no process reads half
    a jar."""
    file.parent.mkdir(parents=True, exist_ok=True)
    digest, received = hashlib.sha256(), 0
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as target, urllib.request.urlopen(url, timeout=READ_TIMEOUT_SECONDS) as answer:
            while received <= jar.size_bytes and (chunk := answer.read(CHUNK_BYTES)):
                target.write(chunk)
                digest.update(chunk)
                received += len(chunk)
                advance(len(chunk))
        if (received, digest.hexdigest()) != (jar.size_bytes, jar.sha256):
            raise _Corrupt(f"what came is {received} bytes, SHA-256 {digest.hexdigest()}")
        partial.chmod(0o644)
        partial.replace(file)
    except BaseException:
        advance(-received)
        partial.unlink(missing_ok=True)
        raise


def _fetch(cache: Path, jar: Jar, repository: str, advance: Callable[[int], None]) -> None:
    retrying = Retrying(
        retry=retry_if_exception_type((OSError, HTTPException, _Corrupt)),
        stop=stop_after_attempt(DOWNLOAD_TRIES),
        wait=wait_exponential(multiplier=RETRY_WAIT_SECONDS),
        reraise=True,
    )
    url = f"{repository}/{jar.path}"
    try:
        retrying(_download, url, cache / jar.path, jar, advance)
    except (OSError, HTTPException, _Corrupt) as error:
        raise UserError(
            f"{url} cannot be downloaded into {cache} ({error}); check the network, the proxy (HTTPS_PROXY) and the "
            "free space, then try again: what has arrived is kept"
        ) from None


def ensure_jars(cache: Path | None = None, repository: str = MAVEN_CENTRAL) -> list[Path]:
    """Files of all locked jars, in the order of the lock, each verified; missing and damaged ones are downloaded again.

    Safe to run in several processes at once. The first run downloads about 45 MB, with a progress bar if standard error
    is a terminal.

    Raises:
        UserError: a jar cannot be downloaded.
    """
    cache = cache or jar_cache()
    lock = read_lock()
    with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        sound = pool.map(lambda jar: _sound(cache / jar.path, jar), lock.jars)
        missing = [jar for jar, good in zip(lock.jars, sound, strict=True) if not good]
        if missing:
            _fetch_all(pool, cache, missing, repository, f"Apache Kafka {lock.kafka_version}")
    return [cache / jar.path for jar in lock.jars]


def _fetch_all(pool: ThreadPoolExecutor, cache: Path, jars: list[Jar], repository: str, title: str) -> None:
    with download_bar(title, sum(jar.size_bytes for jar in jars)) as advance:
        fetching = [pool.submit(_fetch, cache, jar, repository, advance) for jar in jars]
        try:
            for done in fetching:
                done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
