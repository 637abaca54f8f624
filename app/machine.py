"""The system packages that the portal stands on: what is missing, and installing it with apt.

Runs with the bare Python of the machine before anything is installed (`python3 -m app.machine python postgis`), so it
uses the standard library only. An older Python than the portal's can read it as well, and be told that it is old.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

MIN_PYTHON = (3, 11)
MIN_POSTGRES = 13
EXTENSIONS = ("postgis", "pg_trgm", "unaccent")
SYSTEM_PYTHON = Path("/usr/bin/python3")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")

DEBIAN_POSTGRES = Path("/usr/lib/postgresql")
DEBIAN_SHARE = Path("/usr/share/postgresql")
CREATECLUSTER = Path("/etc/postgresql-common/createcluster.d/khanij-no-main-cluster.conf")
POLICY = Path("/usr/sbin/policy-rc.d")
WHILE_INSTALLING = "Khanij Atlas put this here while it installs packages; it keeps a private database of its own."
INSTALL_LOCK = Path("/run/lock/khanij-install")


class MachineError(Exception):
    """Something the machine lacks; the text says what to do about it."""


class Postgres(NamedTuple):
    """An installed PostgreSQL server."""

    major: int
    bin: Path
    share: Path

    @property
    def has_extensions(self) -> bool:
        """Whether PostGIS and the two contrib extensions lie beside this version."""
        return all((self.share / "extension" / (name + ".control")).is_file() for name in EXTENSIONS)


class Missing(NamedTuple):
    """What is not there, in words, and the apt packages that bring it (none: apt has none)."""

    what: str
    packages: list[str]


# --- what is there -----------------------------------------------------------------------------------------------


def list_postgres() -> list[Postgres]:
    """The PostgreSQL servers of this machine that the portal can use, newest first; with or without PostGIS."""
    found = {}
    configured = _postgres_of_pg_config()
    if configured:
        found[configured.major] = configured
    for binaries in DEBIAN_POSTGRES.glob("*/bin/postgres"):
        name = binaries.parent.parent.name
        if name.isdigit():
            found[int(name)] = Postgres(int(name), binaries.parent, DEBIAN_SHARE / name)
    return [found[major] for major in sorted(found, reverse=True) if major >= MIN_POSTGRES]


def _postgres_of_pg_config() -> Postgres | None:
    """The server that `pg_config` names, for machines that do not keep theirs where Debian does."""
    pg_config = shutil.which("pg_config")
    if pg_config is None:
        return None
    command = [pg_config, "--version", "--bindir", "--sharedir"]
    answer = subprocess.run(command, capture_output=True, text=True)  # noqa: S603
    lines = answer.stdout.splitlines()
    version = re.search(r"PostgreSQL (\d+)", answer.stdout)
    if version is None or len(lines) != 3 or not Path(lines[1], "postgres").is_file():
        return None
    return Postgres(int(version.group(1)), Path(lines[1]), Path(lines[2]))


def find_postgres() -> Postgres | None:
    """The newest PostgreSQL of this machine that has PostGIS."""
    return next((server for server in list_postgres() if server.has_extensions), None)


def find_chromium() -> str | None:
    """Path of a Chromium (or Chrome) for the browser tests."""
    return next((path for path in map(shutil.which, CHROMIUM_NAMES) if path), None)


def has_qgis() -> bool:
    """Whether the Python of the system can import QGIS, which brings no other."""
    command = [str(SYSTEM_PYTHON), "-c", "import qgis.core"]
    return SYSTEM_PYTHON.exists() and subprocess.run(command, capture_output=True).returncode == 0  # noqa: S603


# --- what is missing ---------------------------------------------------------------------------------------------


def missing_python() -> Missing | None:
    """What this Python lacks to make a virtual environment.

    Raises: MachineError when this Python is too old.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if sys.version_info < MIN_PYTHON:
        raise MachineError(f"Khanij Atlas needs Python 3.11 or newer; this is Python {version}.")
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        return None
    # Only a Python of the distribution gets its missing half from apt.
    from_apt = Path(sys.base_prefix) == Path("/usr")
    return Missing("Python's venv and ensurepip modules", [f"python{version}-venv"] if from_apt else [])


def missing_postgis() -> Missing | None:
    """PostGIS, and PostgreSQL with it where there is none."""
    if find_postgres():
        return None
    installed = [server.major for server in list_postgres()]
    on_offer = _postgis_majors_of_apt()
    # Beside a PostgreSQL that is already here only PostGIS is added; a second version would be a stranger.
    major = next((m for m in installed if m in on_offer), max(on_offer, default=None))
    if major is None:
        return Missing(f"PostgreSQL {MIN_POSTGRES} or newer with PostGIS", [])
    postgis = f"postgresql-{major}-postgis-3"
    if major in installed:
        return Missing(f"PostGIS for PostgreSQL {major}", [postgis])
    return Missing(f"PostgreSQL {major} with PostGIS", [f"postgresql-{major}", postgis])


def missing_chromium() -> Missing | None:
    """Chromium, which the browser tests drive."""
    if find_chromium():
        return None
    return Missing("Chromium (for the browser tests)", ["chromium"] if _apt_has("chromium") else [])


def missing_gis() -> Missing | None:
    """GDAL's commands and QGIS, which the long proofs read the portal with."""
    lacking = [] if shutil.which("ogr2ogr") else ["gdal-bin"]
    lacking += [] if has_qgis() else ["python3-qgis", "qgis-providers"]
    if not lacking:
        return None
    on_offer = all(_apt_has(package) for package in lacking)
    return Missing("GDAL and QGIS (for the long proofs)", lacking if on_offer else [])


PARTS: dict[str, Callable[[], Missing | None]] = {
    "python": missing_python,
    "postgis": missing_postgis,
    "chromium": missing_chromium,
    "gis": missing_gis,
}


def list_missing(parts: list[str]) -> list[Missing]:
    """What of `parts` (keys of PARTS) the machine lacks."""
    return [missing for missing in (PARTS[part]() for part in parts) if missing]


# --- apt ---------------------------------------------------------------------------------------------------------


def _apt_cache(*arguments: str) -> str:
    if shutil.which("apt-cache") is None:
        return ""
    command = ["apt-cache", *arguments]
    return subprocess.run(command, capture_output=True, text=True).stdout  # noqa: S603


def _postgis_majors_of_apt() -> list[int]:
    names = _apt_cache("search", "--names-only", r"^postgresql-[0-9]+-postgis-3$")
    majors = [int(major) for major in re.findall(r"^postgresql-(\d+)-postgis-3 ", names, re.MULTILINE)]
    return [major for major in majors if major >= MIN_POSTGRES]


def _apt_has(package: str) -> bool:
    candidate = re.search(r"Candidate: (\S+)", _apt_cache("policy", package))
    return candidate is not None and candidate.group(1) != "(none)"


def _apt_get(*arguments: str) -> bool:
    """Run apt-get without questions; whether it succeeded."""
    command = ["apt-get", "-y", "-q", "-o", "DPkg::Lock::Timeout=120", *arguments]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_MODE": "l"}
    return subprocess.run(command, env=environment).returncode == 0  # noqa: S603


@contextlib.contextmanager
def _file_for_a_while(path: Path, text: str, mode: int) -> Iterator[None]:
    """Keep `text` in a new file at `path` as long as the block runs; a file that is there already is the admin's."""
    if path.exists():
        yield
        return
    made = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    try:
        yield
    finally:
        path.unlink()
        for folder in made:
            with contextlib.suppress(OSError):  # a package may have put its own files there meanwhile
                folder.rmdir()


@contextlib.contextmanager
def _no_servers_of_its_own() -> Iterator[None]:
    """Keep Debian's packages from making a cluster on port 5432 and from starting anything."""
    no_cluster = f"# {WHILE_INSTALLING}\ncreate_main_cluster = false\n"
    no_start = f"#!/bin/sh\n# {WHILE_INSTALLING}\nexit 101\n"
    with _file_for_a_while(CREATECLUSTER, no_cluster, 0o644), _file_for_a_while(POLICY, no_start, 0o755):
        yield


def _install(packages: list[str]) -> None:
    """Install `packages`; the package lists are refreshed only when they seem too old.

    Raises: MachineError when apt-get fails.
    """
    arguments = ("install", "--no-install-recommends", *packages)
    with _no_servers_of_its_own():
        if _apt_get(*arguments) or (_apt_get("update") and _apt_get(*arguments)):
            return
    raise MachineError(f"apt-get could not install {' '.join(packages)}; its own words stand above.")


# --- the way through ---------------------------------------------------------------------------------------------


def _packages_of(missing: list[Missing]) -> list[str]:
    return [package for one in missing for package in one.packages]


def _words_of(missing: list[Missing]) -> str:
    return ", ".join(one.what for one in missing)


def _how_to_help(missing: list[Missing]) -> str:
    """The one line for a machine on which this may not, or cannot, install."""
    packages = _packages_of(missing)
    if not packages:
        what = _words_of(missing)
        return f"Missing: {what}. Please install it; apt knows no package for it (`apt-get update` may help)."
    command = f"apt-get install --no-install-recommends {' '.join(packages)}"
    return f"Missing: {_words_of(missing)}. Please run as root: {command}"


def _as_root_by_sudo(parts: list[str], missing: list[Missing]) -> None:
    """Do the same again as root, where sudo asks for no password."""
    sudo = shutil.which("sudo")
    if sudo is None or subprocess.run([sudo, "-n", "true"], capture_output=True).returncode != 0:  # noqa: S603
        raise MachineError(_how_to_help(missing))
    # -I: the modules of this folder are none of Python's own. -B: no bytecode files of root's in the user's clone.
    again = [sudo, "-n", sys.executable, "-I", "-B", os.path.abspath(__file__), *parts]
    if subprocess.run(again).returncode != 0:  # noqa: S603
        raise MachineError(f"Installing {_words_of(missing)} with sudo did not succeed.")


def _as_root(parts: list[str]) -> None:
    """Install what is missing of `parts`, one such set-up at a time on a machine."""
    INSTALL_LOCK.parent.mkdir(parents=True, exist_ok=True)
    with INSTALL_LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        missing = list_missing(parts)
        if any(not one.packages for one in missing) and shutil.which("apt-get"):
            _apt_get("update")  # a fresh machine has no package lists yet
            missing = list_missing(parts)
        if not missing:
            return
        if any(not one.packages for one in missing):
            raise MachineError(_how_to_help(missing))
        packages = _packages_of(missing)
        print(f"Installing {_words_of(missing)} with apt: {' '.join(packages)}", flush=True)
        _install(packages)


def ensure(parts: list[str]) -> None:
    """Install what is missing of `parts` (keys of PARTS), as root or by a sudo that needs no password.

    Raises: MachineError, whose text says what to install.
    """
    missing = list_missing(parts)
    if not missing:
        return
    if os.geteuid() == 0:
        _as_root(parts)
    else:
        _as_root_by_sudo(parts, missing)
    importlib.invalidate_caches()
    still = list_missing(parts)
    if still:
        raise MachineError(_how_to_help(still))


def main() -> int:
    """Command line: the parts to look for."""
    parser = argparse.ArgumentParser(description="Find, and install with apt, the system packages of Khanij Atlas.")
    parser.add_argument("parts", nargs="+", choices=sorted(PARTS))
    parts = parser.parse_args().parts
    # A plain end by signal would leave the files that hold PostgreSQL back behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        ensure(parts)
    except MachineError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
