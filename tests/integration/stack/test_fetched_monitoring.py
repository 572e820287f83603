"""Prometheus and Alertmanager where they are not installed: what is said, and how they are fetched from Debian."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import pytest

from metrics.commands.cli import alert_rules
from streams.common.errors import UserError
from streams.config.settings import Settings
from streams.stack import Stack, debian
from streams.stack.addresses import free_port, local_endpoint
from streams.stack.debian import PROGRAMS, SHARED, fetch, fetched_programs, relocated
from streams.stack.monitoring import (
    Addresses,
    alertmanager_launch,
    prometheus_launch,
    write_alertmanager,
    write_prometheus,
)
from streams.stack.programs import find_alertmanager, find_prometheus, has_monitoring
from streams.stack.readiness import alerts_page
from tests.support.monitoring import running
from tests.support.processes import children
from tests.support.tools import tool

APT = """\
#!/bin/sh
case "$*" in
*--print-uris*)
    {missing} && ! [ -e ../renewed ] && echo "E: Unable to locate package prometheus" >&2 && exit 100
    echo "'http://debian.example/p.deb' prometheus_1%3a{version}+ds-5+deb12u1_amd64.deb 19257088 SHA256:0" ;;
*Dir::State::lists=*update) touch ../renewed ;;
*) cp {packages}/*.deb . ;;
esac
"""
"""Knows the packages at once, or (``missing``: `true`) once it was told to read the lists of packages."""


def write_program(file: Path, text: str) -> None:
    """A program that the user may run."""
    file.write_text(text)
    file.chmod(0o755)


def without_programs(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    """A PATH without any program, and an empty cache."""
    (folder / "bin").mkdir()
    monkeypatch.setenv("PATH", str(folder / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    return folder / "bin"


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A folder with two packages, whose programs know their version only."""
    folder, packages = tmp_path, tmp_path / "packages"
    packages.mkdir()
    for package, names, version in (
        ("prometheus", ("prometheus", "promtool"), "2.42.0"),
        ("prometheus-alertmanager", ("prometheus-alertmanager", "amtool"), "0.25.0"),
    ):
        root = folder / package
        (root / "usr" / "bin").mkdir(parents=True)
        (root / "DEBIAN").mkdir()
        fields = {"Package": package, "Version": version, "Architecture": "all", "Maintainer": "nobody <n@example.org>"}
        control = "".join(f"{field}: {text}\n" for field, text in fields.items())
        (root / "DEBIAN" / "control").write_text(f"{control}Description: for a test\n")
        (root / "usr" / "share" / "prometheus" / names[0]).mkdir(parents=True)
        for name in names:
            write_program(root / "usr" / "bin" / name, f"#!/bin/sh\necho {name}, version {version}\n")
        subprocess.run([tool("dpkg-deb"), "-b", str(root), str(packages)], check=True, capture_output=True)
    return packages


@pytest.fixture
def apt(packages: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """``apt(text)`` makes the `apt-get` of a machine that has what unpacking takes, and nothing else."""
    assert packages.is_dir()
    folder = without_programs(monkeypatch, tmp_path)

    def use(text: str) -> None:
        write_program(folder / "apt-get", text)
        for name in ("dpkg-deb", "sh", "cp", "tar", "xz", "rm", "mkdir", "touch", "cat"):
            path = shutil.which(name, path="/usr/bin:/bin")
            if path is not None and not (folder / name).exists():
                (folder / name).symlink_to(path)

    return use


def test_what_cannot_be_fetched_is_one_sentence(apt: Callable[[str], None], tmp_path: Path) -> None:
    """Another system, no network, packages that are too old, a cache that is a file: each says what and what to do."""
    with pytest.raises(UserError, match="Debian and Ubuntu only"):
        fetch()
    apt("#!/bin/sh\necho 'W: in passing' >&2\necho 'E: no network' >&2\nexit 100\n")
    with pytest.raises(UserError, match=r"cannot be fetched: apt-get says no network; install .* yourself"):
        fetch()
    apt(APT.format(missing="false", version="2.31.2", packages=tmp_path))
    with pytest.raises(UserError, match=r"package prometheus is 2\.31\.2, but 2\.42 is needed"):
        fetch()
    assert [] == list(fetched_programs().parent.iterdir())
    fetched_programs().parent.rmdir()
    fetched_programs().parent.write_text("a file")
    with pytest.raises(UserError, match=r"cannot be kept in .*/veinte/debian .*File exists"):
        fetch()


def test_a_download_that_stands_still_is_given_up(apt: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that swallows everything does not hold anybody up for ever."""
    monkeypatch.setattr(debian, "STALL_SECONDS", 0.0)
    apt("#!/bin/sh\nexec /bin/sleep 600\n")
    with pytest.raises(UserError, match="nothing came for 0 s"):
        fetch()
    assert [] == [process for process in children() if "sleep" in process.name()]


@pytest.mark.parametrize("missing", ["false", "true"])
def test_fetched_programs_are_used(apt: Callable[[str], None], packages: Path, missing: str) -> None:
    """Packages that apt downloads are found in the cache if PATH has none, even before apt has any lists."""
    apt(APT.format(missing=missing, version="2.42.0", packages=packages))
    fetch()
    fetch()
    assert ("2.42.0", "0.25.0") == (find_prometheus().version, find_alertmanager().version)
    assert {str(fetched_programs())} == {str(Path(find().path).parent) for find in (find_prometheus, find_alertmanager)}
    assert {"debian"} == {path.name for path in fetched_programs().parent.iterdir()} - {"renewed"}


def test_debians_programs_run_from_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where nothing is installed there is no /usr/share/prometheus: copies find templates and pages beside them."""
    usr = tmp_path / "usr"
    shutil.copytree("/usr/share/prometheus", usr / "share" / "prometheus", symlinks=True)
    (usr / "bin").mkdir()
    for name in PROGRAMS:
        shutil.copy(tool(name), usr / "bin" / name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    fetched_programs().parent.mkdir(parents=True)
    relocated(usr, fetched_programs())
    monkeypatch.setenv("PATH", "")
    alertmanager_port = free_port()
    prometheus_port = free_port(avoid=frozenset({alertmanager_port}))
    settings = Settings(alertmanager_port=alertmanager_port, prometheus_port=prometheus_port)
    write_alertmanager(settings, tmp_path / "alertmanager")
    write_prometheus(alert_rules(settings), Addresses(), tmp_path / "prometheus")
    one = alertmanager_launch(find_alertmanager(), local_endpoint(alertmanager_port), tmp_path / "alertmanager")
    other = prometheus_launch(find_prometheus(), local_endpoint(prometheus_port), tmp_path / "prometheus")
    assert [] == [name for name in PROGRAMS if SHARED in (fetched_programs() / name).read_bytes()]
    with (
        running(one, local_endpoint(alertmanager_port), tmp_path / "alertmanager.log"),
        running(other, local_endpoint(prometheus_port), tmp_path / "prometheus.log"),
    ):
        page = alerts_page(local_endpoint(prometheus_port))
        assert page in {f"http://127.0.0.1:{prometheus_port}{path}" for path in ("/alerts", "/classic/alerts")}
        with urlopen(page, timeout=10) as answer:
            assert "Prometheus" in answer.read().decode()


def test_missing_programs_are_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without Prometheus, or with one that is too old, the sentence says what to install, and nothing stays running."""
    folder = without_programs(monkeypatch, tmp_path)
    assert not has_monitoring()
    own = Settings(data=tmp_path / "data", kafka=f"127.0.0.1:{free_port()}", redis=f"redis://127.0.0.1:{free_port()}/0")
    write_program(folder / "prometheus", "#!/bin/sh\necho prometheus, version 2.41.0\n")
    with pytest.raises(UserError, match=r"2\.42 or newer .*apt-get install prometheus prometheus-alertmanager"):
        find_prometheus()
    with pytest.raises(UserError, match="veinte stack up --monitoring --fetch"):
        Stack(own, alert_rules=alert_rules).up()
    assert [False] * 4 == [server.running for server in Stack(own, alert_rules=alert_rules).status()]
