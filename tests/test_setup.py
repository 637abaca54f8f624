"""Set-up: the Makefile's commands, pinned versions, and what the machine is asked for."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from app import machine
from app.machine import MachineError, Missing

PROJECT = Path(__file__).resolve().parents[1]
COMMANDS = ["run", "test", "test-slow", "check", "format", "messages", "bench", "help", "clean"]


def make(folder: Path, *arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run make in `folder` as from a terminal, not as a part of the make that may be running these tests."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    environment["PATH"] = path or environment["PATH"]
    return subprocess.run(["make", *arguments], cwd=folder, env=environment, capture_output=True, text=True)


def read_constraints() -> dict[str, str]:
    lines = (PROJECT / "constraints.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


# --- the Makefile ------------------------------------------------------------------------------------------------


def test_help_lists_every_command_with_a_word_about_it() -> None:
    lines = make(PROJECT, "help").stdout.splitlines()
    assert [re.match(r"make ([\w-]+) +\S", line)[1] for line in lines] == COMMANDS
    assert make(PROJECT).stdout.splitlines() == lines


@pytest.fixture
def bare_clone(tmp_path: Path) -> Path:
    """What `make` needs of the project to make a virtual environment, in a new folder."""
    clone = tmp_path / "bare clone"
    (clone / "app").mkdir(parents=True)
    for name in ("Makefile", "app/__init__.py", "app/machine.py"):
        shutil.copy(PROJECT / name, clone / name)
    return clone


def fake_path(tmp_path: Path, **programs: str) -> str:
    """A PATH with make and little else, and `programs`: name -> shell text (`python3_12` stands for python3.12)."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "rm", "cat", "test", "touch"):
        (folder / name).symlink_to(shutil.which(name))
    (folder / "make").symlink_to(shutil.which("make"))
    for name, text in programs.items():
        program = folder / name.replace("_", ".")
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)
    return str(folder)


def test_an_old_python3_is_passed_over_for_a_newer_one_beside_it(bare_clone: Path, tmp_path: Path) -> None:
    path = fake_path(tmp_path, python3="exit 1", python3_12=f'exec "{sys.executable}" "$@"')
    made = make(bare_clone, ".venv/.home", path=path)
    assert made.returncode == 0, made.stderr
    assert (bare_clone / ".venv/.home").read_text().strip() == str(bare_clone.resolve())
    assert "up to date" in make(bare_clone, ".venv/.home", path=path).stdout
    moved = bare_clone.rename(tmp_path / "moved")
    assert "rm -rf .venv" in make(moved, "-n", ".venv/.home", path=path).stdout


def test_no_python_that_is_new_enough_is_one_clear_line(bare_clone: Path, tmp_path: Path) -> None:
    failed = make(bare_clone, ".venv/.home", path=fake_path(tmp_path, python3="exit 1"))
    assert failed.returncode != 0
    assert "Khanij Atlas needs Python 3.11 or newer; none was found." in failed.stderr


def test_a_database_of_ones_own_needs_no_postgresql_here(bare_clone: Path) -> None:
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(PROJECT / name, bare_clone / name)
    (bare_clone / "frontend").mkdir()
    for name in ("package.json", "package-lock.json", "copy_vendor.mjs", "build.mjs"):
        shutil.copy(PROJECT / "frontend" / name, bare_clone / "frontend" / name)
    assert "app.machine postgis" in make(bare_clone, "-n", "run", "DATABASE_URL=").stdout
    assert "app.machine postgis" not in make(bare_clone, "-n", "run", "DATABASE_URL=postgresql://db/khanij").stdout


def test_ci_runs_check_and_test() -> None:
    ci = PROJECT / ".ci/run"
    assert os.access(ci, os.X_OK)
    assert re.findall(r"^make (\w+)$", ci.read_text(), re.MULTILINE) == ["check", "test"]


# --- versions ----------------------------------------------------------------------------------------------------


def test_constraints_cover_what_is_declared() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    declared = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    pinned = read_constraints()
    for requirement in map(Requirement, declared):
        assert pinned[canonicalize_name(requirement.name)] in requirement.specifier
        operators = {bound.operator for bound in requirement.specifier}
        assert operators == {">=", "<"}, f"{requirement} needs a bound on both sides"


def test_constraints_cover_what_the_pinned_packages_need_themselves() -> None:
    pinned = read_constraints()
    installed = {canonicalize_name(found.name): found for found in metadata.distributions()}
    for name in pinned.keys() & installed.keys():
        assert installed[name].version == pinned[name]
        for needed in map(Requirement, installed[name].requires or []):
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                assert canonicalize_name(needed.name) in pinned, f"{name} needs {needed}"


def test_browser_libraries_are_pinned_and_locked() -> None:
    package = json.loads((PROJECT / "frontend/package.json").read_text())
    lock = json.loads((PROJECT / "frontend/package-lock.json").read_text())["packages"]
    for name, version in package["dependencies"].items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
        assert lock[f"node_modules/{name}"]["version"] == version
        assert lock[f"node_modules/{name}"]["integrity"]


@pytest.mark.parametrize(
    "name",
    [
        *("pyproject.toml", "constraints.txt", "Makefile", ".ci/run"),
        *(f"{folder}/{file}" for folder in ("frontend", "tests/web") for file in ("package.json", ".npmrc")),
    ],
)
def test_no_index_is_named(name: str) -> None:
    assert "://" not in (PROJECT / name).read_text()


@pytest.mark.parametrize("folder", ["frontend", "tests/web"])
def test_the_lock_file_names_no_registry(folder: str) -> None:
    lock = json.loads((PROJECT / folder / "package-lock.json").read_text())["packages"]
    assert not [name for name, entry in lock.items() if "resolved" in entry]


def test_every_browser_library_comes_with_its_licence() -> None:
    vendor = PROJECT / "frontend/static/vendor"
    if not vendor.is_dir():
        pytest.skip("the browser libraries are not copied yet: `make test` does it")
    for folder in filter(Path.is_dir, vendor.iterdir()):
        assert [path for path in folder.rglob("*") if "LICENSE" in path.name.upper()], folder
    assert (vendor / "leaflet/leaflet.js").read_text().startswith("/* @preserve\n * Leaflet 1.9.4")


# --- the machine -------------------------------------------------------------------------------------------------


@pytest.fixture
def fake_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine under `tmp_path` without PostgreSQL, Chromium or sudo; apt has PostGIS for 15 and 16."""
    on_offer = "postgresql-15-postgis-3 - Geographic objects\npostgresql-16-postgis-3 - Geographic objects\n"
    monkeypatch.setattr(machine, "DEBIAN_POSTGRES", tmp_path / "lib")
    monkeypatch.setattr(machine, "DEBIAN_SHARE", tmp_path / "share")
    monkeypatch.setattr(machine, "CREATECLUSTER", tmp_path / "etc/postgresql-common/createcluster.d/khanij.conf")
    monkeypatch.setattr(machine, "POLICY", tmp_path / "policy-rc.d")
    monkeypatch.setattr(machine, "INSTALL_LOCK", tmp_path / "lock")
    monkeypatch.setattr(machine.shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    monkeypatch.setattr(machine, "_apt_cache", lambda *words: on_offer if words[0] == "search" else "")
    return tmp_path


def install_postgres(folder: Path, major: int, *extensions: str) -> None:
    """What a PostgreSQL package leaves on a machine, as far as it is looked at."""
    binary = folder / f"lib/{major}/bin/postgres"
    binary.parent.mkdir(parents=True)
    binary.touch()
    for name in extensions:
        control = folder / f"share/{major}/extension/{name}.control"
        control.parent.mkdir(parents=True, exist_ok=True)
        control.touch()


def test_the_newest_postgresql_that_has_postgis_is_taken(fake_machine: Path) -> None:
    install_postgres(fake_machine, 12, *machine.EXTENSIONS)
    assert machine.find_postgres() is None
    install_postgres(fake_machine, 14, *machine.EXTENSIONS)
    install_postgres(fake_machine, 15, *machine.EXTENSIONS)
    install_postgres(fake_machine, 16, "pg_trgm", "unaccent")
    found = machine.find_postgres()
    assert found and found.major == 15
    assert machine.missing_postgis() is None


def test_postgis_is_asked_for_the_version_that_is_there(fake_machine: Path) -> None:
    assert machine.missing_postgis() == Missing(
        "PostgreSQL 16 with PostGIS", ["postgresql-16", "postgresql-16-postgis-3"]
    )
    install_postgres(fake_machine, 15)
    assert machine.missing_postgis() == Missing("PostGIS for PostgreSQL 15", ["postgresql-15-postgis-3"])


def test_without_rights_one_line_says_what_to_install(
    fake_machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(machine.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(sys, "argv", ["machine", "postgis"])
    assert machine.main() == 1
    assert capsys.readouterr().err == (
        "Missing: PostgreSQL 16 with PostGIS. Please run as root: "
        "apt-get install --no-install-recommends postgresql-16 postgresql-16-postgis-3\n"
    )


def test_sudo_that_wants_a_password_is_left_alone(fake_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        return subprocess.CompletedProcess(command, 1)

    monkeypatch.setattr(machine.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(machine.shutil, "which", lambda name: "/usr/bin/sudo" if name == "sudo" else None)
    monkeypatch.setattr(machine.subprocess, "run", run)
    with pytest.raises(MachineError, match="Please run as root: apt-get install"):
        machine.ensure(["postgis"])
    assert asked == [["/usr/bin/sudo", "-n", "true"]]


def test_sudo_without_a_password_does_it(fake_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        if "postgis" in command:
            install_postgres(fake_machine, 16, *machine.EXTENSIONS)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(machine.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(machine.shutil, "which", lambda name: "/usr/bin/sudo" if name == "sudo" else None)
    monkeypatch.setattr(machine.subprocess, "run", run)
    machine.ensure(["postgis"])
    assert asked[-1][-2:] == [machine.__file__, "postgis"]


def test_root_installs_with_debians_own_cluster_held_back(
    fake_machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = []

    def apt_get(*arguments: str) -> bool:
        seen.append((arguments[0], machine.CREATECLUSTER.read_text(), machine.POLICY.read_text()))
        if len(seen) < 3:
            return arguments[0] == "update"  # the first try fails, as with old package lists
        install_postgres(fake_machine, 16, *machine.EXTENSIONS)
        return True

    monkeypatch.setattr(machine.os, "geteuid", lambda: 0)
    monkeypatch.setattr(machine, "_apt_get", apt_get)
    machine.ensure(["postgis"])
    assert [step for step, _, _ in seen] == ["install", "update", "install"]
    assert all("create_main_cluster = false" in cluster for _, cluster, _ in seen)
    assert all("exit 101" in policy for _, _, policy in seen)
    assert not (fake_machine / "etc").exists()
    assert not machine.POLICY.exists()
    assert "Installing PostgreSQL 16 with PostGIS with apt" in capsys.readouterr().out


def test_a_failed_install_leaves_no_files_and_keeps_the_admins(
    fake_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.POLICY.write_text("the admin's\n")
    monkeypatch.setattr(machine.os, "geteuid", lambda: 0)
    monkeypatch.setattr(machine, "_apt_get", lambda *_: False)
    with pytest.raises(MachineError, match="could not install postgresql-16 postgresql-16-postgis-3"):
        machine.ensure(["postgis"])
    assert not machine.CREATECLUSTER.exists()
    assert machine.POLICY.read_text() == "the admin's\n"


def test_what_apt_does_not_have_is_said_after_a_look_at_fresh_lists(
    fake_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(machine.os, "geteuid", lambda: 0)
    monkeypatch.setattr(machine, "_apt_get", lambda *arguments: bool(asked.append(arguments)) or True)
    with pytest.raises(MachineError, match=r"Missing: Chromium .* apt knows no package for it"):
        machine.ensure(["chromium"])
    assert asked == [("update",)]


def test_gdal_and_qgis_are_asked_for_where_they_lack(fake_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "SYSTEM_PYTHON", fake_machine / "python3")
    assert machine.missing_gis() == Missing("GDAL and QGIS (for the long proofs)", [])
    monkeypatch.setattr(machine, "_apt_cache", lambda *words: "  Candidate: 3.22")
    lacking = Missing("GDAL and QGIS (for the long proofs)", ["gdal-bin", "python3-qgis", "qgis-providers"])
    assert machine.missing_gis() == lacking
    monkeypatch.setattr(machine.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert machine.missing_gis() == lacking._replace(packages=["python3-qgis", "qgis-providers"])
    monkeypatch.setattr(machine, "has_qgis", lambda: True)
    assert machine.missing_gis() is None


def test_an_old_python_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "MIN_PYTHON", (99, 0))
    with pytest.raises(MachineError, match=r"needs Python 3\.11 or newer; this is Python 3\."):
        machine.missing_python()


def test_a_python_without_venv_gets_its_own_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.importlib.util, "find_spec", lambda name: None)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    assert machine.missing_python() == Missing("Python's venv and ensurepip modules", [f"python{version}-venv"])
    monkeypatch.setattr(sys, "base_prefix", "/opt/python")
    assert machine.missing_python() == Missing("Python's venv and ensurepip modules", [])
