"""Other versions of the project: a folder as it is, or any commit in a worktree that is removed afterwards."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from streams.common.errors import UserError
from tests.bench.command_line import say
from tests.support.paths import ROOT

RELEASES = {"v0.1.0": "28c22f11b2d26a27c596a2b52debc1935cbb0e5d"}
"""Commits of the releases, for clones that have no tags."""
PACKAGES = ("streams", "metrics")
MODULES: dict[str, tuple[str, ...]] = {
    "command line": ("metrics.commands.cli", "streams.cli"),
    "settings": ("streams.config.settings", "streams.settings"),
    "topics": ("streams.contract.topics", "streams.topics"),
    "keys": ("streams.store.keys",),
    "algebra": ("streams.facts.domains", "streams.measures"),
    "tiers": ("streams.numbers.tiers", "streams.measures"),
    "names": ("streams.numbers.names", "streams.measures"),
    "codes": ("streams.numbers.codes", "streams.measures"),
    "composite counters": ("streams.facts.domains", "streams.bundles"),
    "sketches": ("streams.numbers.sketches", "streams.sketches"),
    "cells": ("metrics.read.partition_names", "metrics.partition_names"),
    "reader": ("metrics.read.reader", "metrics.reader"),
    "latest snapshot": ("metrics.web.latest", "metrics.board"),
    "metrics page": ("metrics.exporter.text", "metrics.exporter"),
    "snapshot document": ("metrics.exporter.api", "metrics.api"),
}
"""What a benchmark uses of a checkout, and the modules that have had it, the newest first."""


class Checkout(NamedTuple):
    """A version of the project. ``modules``: where it has each entry of ``MODULES``."""

    name: str
    folder: Path
    modules: dict[str, str]


@contextmanager
def checkout(text: str) -> Iterator[Checkout]:
    """The version that ``text`` names: a folder with the packages, or a tag, branch or commit of this repository.

    Raises:
        UserError: it is neither, or it has not the modules that a benchmark needs.
    """
    folder = Path(text)
    if folder.is_dir():
        yield _found(text, folder.resolve())
        return
    commit = commit_of(text)
    with tempfile.TemporaryDirectory(prefix="veinte-checkout-") as scratch:
        tree = Path(scratch).resolve() / "tree"
        say(f"checking out {text} ({commit[:7]})")
        try:
            _git("worktree", "add", "--quiet", "--detach", str(tree), commit)
            yield _found(text, tree)
        finally:
            _git("worktree", "remove", "--force", str(tree), must_work=False)


def commit_of(text: str) -> str:
    """The commit that a tag, branch or abbreviation means.

    Raises:
        UserError: this repository has no such commit.
    """
    for candidate in (text, RELEASES.get(text, text)):
        found = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{candidate}^{{commit}}", must_work=False)
        if found:
            return found
    raise UserError(f"{text} is no folder and no commit of the repository in {ROOT}; name a folder, a tag or a commit")


def _git(*arguments: str, must_work: bool = True) -> str:
    """The output of git, run in this repository."""
    try:
        done = subprocess.run(["git", *arguments], check=False, cwd=ROOT, capture_output=True, text=True)
    except FileNotFoundError:
        raise UserError("git is needed to compare with another commit; install it, or name a folder") from None
    if must_work and done.returncode != 0:
        raise UserError(f"git {arguments[0]} failed in {ROOT}: {' '.join(done.stderr.split())}")
    return done.stdout.strip()


def _found(name: str, folder: Path) -> Checkout:
    """The checkout in a folder, byte-compiled so that no measurement pays for it."""
    modules = {}
    for part, candidates in MODULES.items():
        known = next((module for module in candidates if _has(folder, module)), None)
        if known is None:
            raise UserError(f"{name} has no module {' or '.join(candidates)}; name a version of this project")
        modules[part] = known
    command = [sys.executable, "-m", "compileall", "-q", *PACKAGES]
    subprocess.run(command, check=False, cwd=folder, stdout=subprocess.DEVNULL)
    return Checkout(name, folder, modules)


def _has(folder: Path, module: str) -> bool:
    path = folder.joinpath(*module.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()
