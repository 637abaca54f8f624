"""PostgreSQL's own programs, in the version of the server, and how they are told where the database is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import make_url

from app.backup.archive import BackupError
from app.db import normalised_url
from app.machine import list_postgres

_CONNECT_SECONDS = 10
_PROGRAMS = ("pg_dump", "pg_restore", "psql")


class Address(NamedTuple):
    """Where a database is: the password goes by the environment, so that no list of processes shows it."""

    conninfo: str
    environment: dict[str, str]

    @classmethod
    def of(cls, url: str) -> Address:
        plain = make_url(normalised_url(url)).set(drivername="postgresql")
        parts = conninfo_to_dict(plain.render_as_string(hide_password=False))
        password = parts.pop("password", None)
        environment = {**os.environ, "LC_ALL": "C", "PGCONNECT_TIMEOUT": str(_CONNECT_SECONDS)}
        if password is not None:
            environment["PGPASSWORD"] = str(password)
        return cls(make_conninfo("", **parts), environment)

    def connect(self) -> Connection[Any]:
        """A connection without a transaction of its own.

        Raises: BackupError where the database does not answer.
        """
        try:
            # A password of None is no password: libpq then looks for one in PGPASSFILE.
            password = self.environment.get("PGPASSWORD")
            conninfo = make_conninfo(self.conninfo, password=password, connect_timeout=_CONNECT_SECONDS)
            return psycopg.connect(conninfo, autocommit=True)
        except psycopg.OperationalError as error:
            raise BackupError(f"The database does not answer: {sentence_of(str(error))}.") from error


def find_programs(connection: Connection[Any]) -> Path:
    """The folder of pg_dump, pg_restore and psql for the server at hand: of its version, else the next newer one.

    Raises: BackupError where none is new enough: an older pg_dump refuses a newer server.
    """
    wanted = connection.info.server_version // 10_000
    found = {server.major: server.bin for server in list_postgres() if _has_programs(server.bin)}
    on_path = shutil.which("pg_dump")
    if on_path and _has_programs(Path(on_path).parent):
        answer = subprocess.run([on_path, "--version"], capture_output=True, text=True)  # noqa: S603
        version = re.search(r"\) (\d+)", answer.stdout)
        if version:
            found.setdefault(int(version.group(1)), Path(on_path).parent)
    fit = [major for major in found if major >= wanted]
    if not fit:
        raise BackupError(
            f"pg_dump, pg_restore and psql of PostgreSQL {wanted} or newer are wanted, as the server is of that "
            f"version; with apt: apt-get install postgresql-client-{wanted}."
        )
    return found[min(fit)]


def _has_programs(folder: Path) -> bool:
    return all((folder / name).is_file() for name in _PROGRAMS)


def sentence_of(messages: str) -> str:
    """The line of a program's messages that says what went wrong, without the program's name."""
    lines = [line.strip() for line in messages.splitlines() if line.strip()]
    telling = next((line for line in lines if re.search(r"ERROR:|FATAL:|error:", line)), lines[-1] if lines else "")
    words = re.sub(r"^(?:.*?(?:ERROR|FATAL):|.*?error:)\s*", "", telling)
    detail = next((line.removeprefix("DETAIL:").strip() for line in lines if line.startswith("DETAIL:")), "")
    words = words.rstrip(".") or "no reason was given"
    return f"{words} ({detail.rstrip('.')})" if detail else words
