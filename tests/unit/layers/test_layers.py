"""The layers: which folder may import which."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PACKAGES = ("streams", "metrics", "grafana")
FACTS = "facts facts.shared facts.conversations facts.tickets facts.customers"
ALLOWED: dict[str, str] = {
    "streams.common": "",
    "streams.numbers": "common",
    "streams.contract": "common",
    "streams.facts.shared": "common contract numbers",
    "streams.facts.conversations": "common contract numbers facts.shared",
    "streams.facts.tickets": "common contract numbers facts.shared",
    "streams.facts.customers": "common contract numbers facts.shared",
    "streams.facts": "common contract numbers facts.shared facts.conversations facts.tickets facts.customers",
    "streams.access": "common",
    "streams.config": f"common contract numbers {FACTS} access",
    "streams.clients": f"common contract numbers {FACTS} config store",
    "streams.store": f"common numbers {FACTS}",
    "streams.serving": "common",
    "streams.worker": f"common contract numbers {FACTS} config clients store serving",
    "streams.reconcile": f"common contract numbers {FACTS} config clients store worker tools",
    "streams.sources": f"common contract {FACTS} config clients",
    "streams.sources.logs": "common contract config sources",
    "streams.sources.simulator": "common contract sources",
    "streams.tools": f"common contract numbers {FACTS} config clients store",
    "streams.stack": "common config clients serving tools",
    "streams.demo": "common access config stack",
    "streams.commands": (
        "common contract config clients serving worker reconcile sources sources.logs sources.simulator tools stack "
        "demo"
    ),
}
"""A folder of ``streams`` and the folders of ``streams`` that it may import; a new folder needs a line of its own."""
OF_STREAMS = f"common contract numbers {FACTS} access config clients store serving"
"""Folders of ``streams`` that ``metrics`` may import: neither the worker nor anything that starts programs."""
METRICS: dict[str, str] = {
    "metrics.snapshot": "",
    "metrics.planning": "snapshot",
    "metrics.read": "snapshot",
    "metrics.catalog": "snapshot planning",
    "metrics.evaluate": "snapshot planning catalog",
    "metrics.web": "snapshot planning",
    "metrics.access": "web",
    "metrics.planning.api": "snapshot planning web",
    "metrics.report": "snapshot read catalog evaluate",
    "metrics.alerts": "snapshot planning catalog evaluate",
    "metrics.explain.number": "snapshot planning catalog evaluate read web",
    "metrics.explain.contact": "snapshot planning catalog evaluate read web explain.number",
    "metrics.wallboard": "snapshot planning planning.api catalog evaluate web alerts",
    "metrics.exporter": "snapshot planning planning.api catalog evaluate web access explain.number wallboard",
    "metrics.docs": "snapshot planning planning.api catalog evaluate access explain.number exporter",
    "metrics.commands": "snapshot read report alerts explain.number explain.contact exporter web",
}
GRAFANA: dict[str, str] = {
    "grafana.panels": "snapshot catalog",
    "grafana.dashboards_src": "snapshot catalog",
    "grafana.generator": "snapshot catalog",
}
"""Folders of ``grafana`` and the folders of ``metrics`` that they may import."""
PURE = ("streams.common", "streams.contract", "streams.numbers", "streams.facts", "metrics.snapshot")
IMPURE = frozenset(
    {"pydantic", "pydantic_settings", "redis", "aiokafka", "kafka", "faust", "aiohttp", "prometheus_client"}
)
"""Libraries that talk to somebody or are a framework: none of them is imported in a pure folder."""


def folder_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).parent.parts)


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Every module that a module imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_folders(path: Path) -> set[str]:
    """Folders of ours that a module imports from, its own left out."""
    found = set()
    for name in imported(path):
        parts = name.split(".")
        if parts[0] in PACKAGES:
            while not (ROOT.joinpath(*parts)).is_dir():
                parts.pop()
            found.add(".".join(parts))
    return found - {folder_of(path)}


def allowed(folder: str) -> set[str]:
    package = folder.split(".", maxsplit=1)[0]
    if package == "streams":
        return {f"streams.{name}" for name in ALLOWED[folder].split()}
    streams = {f"streams.{name}" for name in OF_STREAMS.split()}
    if package == "metrics":
        commands = {"streams.commands"} if folder == "metrics.commands" else set()
        return streams | commands | {f"metrics.{name}" for name in METRICS[folder].split()}
    return streams | set(GRAFANA) | {f"metrics.{name}" for name in GRAFANA[folder].split()}


@pytest.mark.parametrize("folder", sorted({folder_of(path) for path in modules()} - set(PACKAGES)))
def test_a_folder_imports_what_its_layer_may(folder: str) -> None:
    """Each folder imports the layers below it, and no other."""
    used = {(path.name, name) for path in modules() if folder_of(path) == folder for name in imported_folders(path)}
    assert set() == {(name, other) for name, other in used if other not in allowed(folder)}


def test_the_folders_have_no_cycle() -> None:
    """Imports point one way: folders can be put in an order in which each imports only earlier ones."""
    graph: dict[str, set[str]] = {}
    for path in modules():
        graph.setdefault(folder_of(path), set()).update(imported_folders(path))
    while free := {folder for folder, others in graph.items() if not others & graph.keys()}:
        graph = {folder: others for folder, others in graph.items() if folder not in free}
    assert {} == graph


def test_the_root_of_a_package_holds_no_modules() -> None:
    """Every module is in a folder that says what it is about."""
    found = [path.name for package in PACKAGES for path in (ROOT / package).glob("*.py")]
    assert ["__init__.py"] * len(PACKAGES) == found


@pytest.mark.parametrize("package", PURE)
def test_pure_folders_use_no_framework_and_no_clock(package: str) -> None:
    """Facts, numbers, contract and snapshot can be run without Redis, Kafka, settings or a wall clock."""
    for path in modules():
        if folder_of(path).startswith(package):
            names = {name.split(".")[0] for name in imported(path)}
            assert (path.name, set()) == (path.name, names & IMPURE)
            assert not {"time.time", "time.time_ns", "time.monotonic"} & set(imported(path))
