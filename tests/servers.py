"""PostgreSQL servers on the loopback that a test makes, copies, kills and promotes; readers that never stop asking."""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from app.cluster.places import as_user, server_user
from app.cluster.processes import end_leftovers, list_processes, postmaster_pid
from app.machine import find_postgres
from app.settings import PROJECT_ROOT

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "64MB",
    "wal_keep_size": "512MB",
    "hot_standby_feedback": "on",
    "wal_retrieve_retry_interval": "500ms",
    "restart_after_crash": "on",
}


class Server:
    """A server in a folder of its own, on a port of the loopback; whoever comes is trusted."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port, self.user = folder, port, server_user()
        found = find_postgres()
        assert found is not None
        self._bin = found.bin
        folder.mkdir(mode=0o700)
        os.chown(folder, self.user.pw_uid, self.user.pw_gid)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def make(self) -> None:
        self._run("initdb", "-D", "data", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
        self.start()
        self.tell("CREATE ROLE khanij LOGIN", "CREATE ROLE khanij_reader LOGIN", "CREATE DATABASE khanij OWNER khanij")
        self.tell(*(f"CREATE EXTENSION {name}" for name in ("postgis", "pg_trgm", "unaccent")), database="khanij")

    def follow(self, other: Server) -> None:
        """Copy another server and follow it from then on."""
        self._run("pg_basebackup", "-D", "data", "-R", "-X", "stream", "-c", "fast", "-d", other.conninfo("postgres"))
        self.start()

    def start(self) -> None:
        settings = " ".join(f"-c {name}='{value}'" for name, value in (_SETTINGS | {"port": self.port}).items())
        self._run("pg_ctl", "start", "-s", "-w", "-t", "60", "-D", "data", "-l", "log", "-o", settings)

    def kill(self) -> None:
        """`kill -9` of all its processes."""
        while pids := list_processes(self.data):
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def promote(self) -> None:
        self._run("pg_ctl", "promote", "-s", "-w", "-D", "data")

    def end(self) -> None:
        if self.data.is_dir() and (pid := postmaster_pid(self.data)):
            os.kill(pid, signal.SIGQUIT)
            end_leftovers(self.data)

    def conninfo(self, user: str, database: str = "postgres") -> str:
        return f"host=127.0.0.1 port={self.port} user={user} dbname={database} connect_timeout=5"

    def tell(self, *statements: str, database: str = "postgres") -> None:
        with psycopg.connect(self.conninfo("postgres", database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def ask(self, question: str, database: str = "khanij") -> Any:
        """The first value of the answer."""
        with psycopg.connect(self.conninfo("postgres", database), autocommit=True) as connection:
            row = connection.execute(question.encode()).fetchone()
            return row[0] if row else None

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._bin / program), *arguments],
            cwd=self.folder,
            env={"PATH": os.defpath, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if program != "pg_ctl" else None,
            start_new_session=True,
            **as_user(self.user),
        )
        assert done.returncode == 0, (program, done.stderr)


class Answer(NamedTuple):
    """A whole answer, or why there is none (status 0); when it was asked for, and when it came."""

    asked: float
    at: float
    target: str
    status: int
    headers: dict[str, str]
    body: bytes
    broken: str = ""


class Readers:
    """Threads that ask for targets at random, each answer judged as it comes; what was wrong is kept."""

    def __init__(
        self,
        address: str,
        targets: Sequence[str],
        judge: Callable[[Answer], str],
        threads: int = 8,
        tagged: bool = False,
    ) -> None:
        self._host = address.removeprefix("http://")
        self._targets, self._judge, self._tagged = targets, judge, tagged
        self._over = threading.Event()
        self._lock = threading.Lock()
        self.statuses: Counter[int] = Counter()
        self.wrong: list[str] = []
        self.broken: list[str] = []
        # When the last question was asked that got no answer, and the last that got one.
        self.last_failure = self.answered = 0.0
        self._threads = [threading.Thread(target=self._run, args=(n,), daemon=True) for n in range(threads)]

    def __enter__(self) -> Readers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(60)

    def count(self) -> Counter[int]:
        """What was answered since this was asked last."""
        with self._lock:
            seen, self.statuses = self.statuses, Counter()
            return seen

    def _run(self, number: int) -> None:
        chance = random.Random(number)
        connection = http.client.HTTPConnection(self._host, timeout=60)
        tags: dict[str, str] = {}
        while not self._over.is_set():
            target = chance.choice(self._targets)
            headers = {"If-None-Match": tags[target]} if target in tags and chance.random() < 0.5 else {}
            answer = _ask(connection, target, headers)
            if answer.broken:
                connection.close()
            elif self._tagged and "etag" in answer.headers:
                tags[target] = answer.headers["etag"]
            self._note(answer, self._judge(answer))

    def _note(self, answer: Answer, wrong: str) -> None:
        with self._lock:
            self.statuses[answer.status] += 1
            if wrong:
                self.wrong.append(f"{answer.target}: {wrong}")
            if answer.broken:
                self.broken.append(f"{answer.target}: {answer.broken}")
            if answer.status in (200, 204, 304):
                self.answered = max(self.answered, answer.asked)
            else:
                self.last_failure = max(self.last_failure, answer.asked)


def _ask(connection: http.client.HTTPConnection, target: str, headers: dict[str, str]) -> Answer:
    asked = time.monotonic()
    try:
        connection.request("GET", target, headers=headers)
        answer = connection.getresponse()
        named = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(asked, time.monotonic(), target, answer.status, named, answer.read())
    except (OSError, http.client.HTTPException) as error:
        return Answer(asked, time.monotonic(), target, 0, {}, b"", repr(error))


def plain(body: bytes) -> bytes:
    """The answer without the moment at which it was made."""
    return re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)", b"", body)


def begin_portal(port: int, **environment: str) -> subprocess.Popen[bytes]:
    """`khanij serve`."""
    command = [str(Path(sys.executable).with_name("khanij")), "serve"]
    return subprocess.Popen(command, env={**os.environ, **environment, "PORT": str(port)}, cwd=PROJECT_ROOT)


def wait_until(what: Callable[[], object], seconds: float, why: str) -> float:
    """Seconds until `what` was true."""
    began = time.monotonic()
    while time.monotonic() < began + seconds:
        with contextlib.suppress(OSError, psycopg.OperationalError, http.client.HTTPException):
            if what():
                return time.monotonic() - began
        time.sleep(0.02)
    raise AssertionError(why)


def is_ready(address: str) -> bool:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    finally:
        connection.close()
