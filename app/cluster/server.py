"""Making, starting and stopping the private cluster."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from app.cluster.places import (
    PORT,
    ClusterError,
    Home,
    as_user,
    can_enter,
    claimed_root,
    dot_postgres,
    find_home,
    locked,
    new_home,
    pointed_path,
    read_major,
    socket_folder,
    write_made,
    write_text,
)
from app.cluster.processes import end_all, end_leftovers, is_ready, postmaster_pid
from app.machine import EXTENSIONS, MIN_POSTGRES, Postgres, find_postgres, list_postgres

ROLE = DATABASE = "khanij"
# Who may only read: the web process.
READER = "khanij_reader"
SUPERUSER = "postgres"
START_WITHIN_SECONDS = 60
REACHED_WITHIN_SECONDS = 2
ANSWERS_WITHIN_SECONDS = 5
STOP_WITHIN_SECONDS = 20
LOG_LINES_SHOWN = 12
MAX_LOG_BYTES = 10_000_000
# The shortest question of PostgreSQL's protocol that is answered before anybody logs in: "do you speak TLS?"
SSL_REQUEST = bytes.fromhex("0000000804d2162f")

# Whoever can enter the socket's private folder is trusted, so no password lies about; there is no other way in.
SETTINGS = """\
# Written by Khanij Atlas at each start.
listen_addresses = ''
port = {port}
unix_socket_directories = '{folder}'
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 256MB
maintenance_work_mem = 128MB
random_page_cost = 1.1
jit = off
max_wal_size = 2GB
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
datestyle = 'iso, ymd'
"""


# --- what others ask ---------------------------------------------------------------------------------------------


def ensure_running(root: Path) -> str:
    """Make the cluster of the clone `root` where there is none, start it where it is down; the database's URL.

    Raises: ClusterError.
    """
    root = root.resolve()
    if not is_running(root) or not _has_reader(find_home(root)):
        with locked(root):
            home = find_home(root) or _make(root)
            _start(home, _server_of(home))
            if not _has_reader(home):
                _add_reader(home, _server_of(home))
    return database_url(root)


def is_running(root: Path) -> bool:
    """Whether the cluster of this clone answers."""
    home = find_home(root.resolve())
    return home is not None and _is_ready(home)


def stop(root: Path) -> bool:
    """Stop the cluster; whether it was running.

    Raises: ClusterError where it does not stop.
    """
    root = root.resolve()
    if not dot_postgres(root).is_dir():
        return False
    with locked(root):
        home = find_home(root)
        return home is not None and _stop(home)


def remove(root: Path) -> None:
    """Stop the cluster and remove it with its data, wherever it lies; a half-made one too."""
    root = root.resolve()
    if not dot_postgres(root).is_dir():
        return
    with locked(root):
        home = Home(pointed_path(root))
        if claimed_root(home.path) == root or find_home(root):
            if home.data.is_dir():
                end_all(home.data)
                short = socket_folder(home)
                shutil.rmtree(short, ignore_errors=True)
            if home.path != dot_postgres(root):
                shutil.rmtree(home.path)
        shutil.rmtree(dot_postgres(root))


def location(root: Path) -> Path:
    """The folder in which the cluster lies."""
    return pointed_path(root.resolve())


def database_url(root: Path, name: str = DATABASE, role: str = ROLE) -> str:
    """SQLAlchemy's address of the database `name` in this clone's cluster, for its owner or another role.

    Raises: ClusterError where no cluster was made yet.
    """
    home = find_home(root.resolve())
    if home is None:
        raise ClusterError(f"There is no cluster for {root} yet; `make run` makes it.")
    return f"postgresql+psycopg://{role}@/{quote(name)}?host={socket_folder(home)}&port={PORT}"


# --- making ------------------------------------------------------------------------------------------------------


def _make(root: Path) -> Home:
    """A new cluster with PostGIS in template1, so that every database made later has it, and the portal's role."""
    server = find_postgres()
    if server is None:
        raise ClusterError(_no_postgres())
    home = new_home(root)
    command = ["initdb", "-D", "data", "--username", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--data-checksums"]
    for locale in ("C.UTF-8", "C"):
        made = _run(home, server, [*command, f"--locale={locale}"])
        if made.returncode == 0:
            break
    else:
        raise ClusterError(f"initdb could not make a cluster in {home.path}:\n{made.stderr.strip()}")
    _start(home, server)
    _furnish(home, server)
    write_made(home, server.major)
    return home


def _no_postgres() -> str:
    found = ", ".join(str(server.major) for server in list_postgres()) or "none"
    return (
        f"No PostgreSQL from version {MIN_POSTGRES} on that has PostGIS is installed (PostgreSQL found: {found}). "
        "`python3 -m app.machine postgis` installs it, or says how."
    )


def _furnish(home: Home, server: Postgres) -> None:
    """The extensions, the role and its database."""
    statements = [f"CREATE EXTENSION {name}" for name in EXTENSIONS]
    statements += [f"CREATE ROLE {ROLE} LOGIN CREATEDB", f"CREATE DATABASE {DATABASE} OWNER {ROLE}"]
    _tell(home, server, statements)


def _has_reader(home: Home | None) -> bool:
    return home is not None and (home.path / READER).exists()


def _add_reader(home: Home, server: Postgres) -> None:
    """The role that only reads, also in a cluster that was made before there was one.

    In databases made later it may read what their owner makes; `migrate` sees to those that are there.
    """
    statements = [
        f"DO $$ BEGIN CREATE ROLE {READER} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        f"ALTER ROLE {READER} SET default_transaction_read_only = on",
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {ROLE} GRANT SELECT ON TABLES TO {READER}",
    ]
    _tell(home, server, statements)
    write_text(home.path / READER, "This role is there.\n")


def _tell(home: Home, server: Postgres, statements: list[str]) -> None:
    """Run statements as superuser in template1."""
    command = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(socket_folder(home)), "-p", str(PORT)]
    command += ["-U", SUPERUSER, "-d", "template1"]
    for statement in statements:
        command += ["-c", statement]
    done = _run(home, server, command)
    if done.returncode != 0:
        raise ClusterError(f"The new cluster in {home.path} could not be furnished:\n{done.stderr.strip()}")


def _server_of(home: Home) -> Postgres:
    """The installed PostgreSQL that made this cluster.

    Raises: ClusterError where that version, or its PostGIS, is no longer installed.
    """
    major = read_major(home)
    for server in list_postgres():
        if server.major == major and server.has_extensions:
            return server
    raise ClusterError(
        f"The cluster in {home.path} was made by PostgreSQL {major}, which is not installed with PostGIS any more. "
        f"Install it (apt-get install postgresql-{major}-postgis-3) and dump what you need, "
        "or `make clean` and start again with the version that is there."
    )


# --- starting and stopping ---------------------------------------------------------------------------------------


def _run(home: Home, server: Postgres, command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs in the home folder as the cluster's user, untouched by our environment.

    Raises: ClusterError where it cannot be run at all.
    """
    try:
        return subprocess.run(  # noqa: S603
            [str(server.bin / command[0]), *command[1:]],
            cwd=home.path,
            env={"PATH": os.defpath, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            start_new_session=True,  # Ctrl-C in the terminal is for the portal, not for the database
            umask=0o077,
            **as_user(home.owner),
        )
    except OSError as error:
        raise ClusterError(f"{command[0]} could not be run as {home.owner.pw_name}: {error}") from error


def _start(home: Home, server: Postgres) -> None:
    """Start the server where it is not running, and wait until it answers.

    Raises: ClusterError with the last lines of its log.
    """
    if _wait_until_ready(home):
        return
    _stop(home)  # one that runs but cannot be reached: somebody removed its socket
    if not can_enter(home.owner, home.data.parent):
        raise ClusterError(
            f"The user {home.owner.pw_name} cannot enter {home.path} any more, where the database lies. "
            "Open the folders above it (chmod o+x), or `make clean` and start again."
        )
    _clear_remains(home)
    settings = SETTINGS.format(port=PORT, folder=socket_folder(home))
    write_text(home.path / "khanij.conf", settings)
    log_start = _prepare_log(home)
    # Relative paths, so that no odd character in the clone's address meets the shell inside pg_ctl.
    command = ["pg_ctl", "start", "-s", "-w", "-t", str(START_WITHIN_SECONDS), "-D", "data", "-l", home.log.name]
    started = _run(home, server, [*command, "-o", "-c config_file=khanij.conf"])
    if started.returncode != 0:
        said = home.log.read_bytes()[log_start:].decode(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        raise ClusterError("\n".join([f"PostgreSQL did not start in {home.path}. The end of its log:", *said]))


def _is_ready(home: Home) -> bool:
    """Whether the server takes connections and answers them: an orphan may hold the socket of a dead server open."""
    if not is_ready(home.data):
        return False
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(ANSWERS_WITHIN_SECONDS)
        try:
            probe.connect(str(socket_folder(home) / f".s.PGSQL.{PORT}"))
            probe.sendall(SSL_REQUEST)
            return probe.recv(1) in (b"N", b"S")
        except OSError:
            return False


def _wait_until_ready(home: Home) -> bool:
    """Wait for a server that is already starting; False when there is none, it ends, or it cannot be reached."""
    deadline = time.monotonic() + START_WITHIN_SECONDS
    ready_at = None
    while postmaster_pid(home.data) and time.monotonic() < deadline:
        if _is_ready(home):
            return True
        if is_ready(home.data):
            ready_at = ready_at or time.monotonic()
            if time.monotonic() > ready_at + REACHED_WITHIN_SECONDS:
                break
        time.sleep(0.05)
    return False


def _clear_remains(home: Home) -> None:
    """Remove what a killed server left: its processes, its pid file, its socket.

    The numbers in those files may be another program's by now, which would keep a new server from starting.
    """
    end_leftovers(home.data)
    (home.data / "postmaster.pid").unlink(missing_ok=True)
    for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
        (socket_folder(home) / name).unlink(missing_ok=True)


def _prepare_log(home: Home) -> int:
    """Give the server a log that it may write; its length, bytes."""
    if home.log.exists() and home.log.stat().st_size > MAX_LOG_BYTES:
        home.log.unlink()
    home.log.touch()
    home.log.chmod(0o600)
    os.chown(home.log, home.owner.pw_uid, home.owner.pw_gid)
    return home.log.stat().st_size


def _stop(home: Home) -> bool:
    """Stop the server: politely, then at once; whether it was running."""
    pid = postmaster_pid(home.data)
    if pid is None:
        return False
    for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        deadline = time.monotonic() + STOP_WITHIN_SECONDS
        while time.monotonic() < deadline:
            if postmaster_pid(home.data) is None:
                end_leftovers(home.data)
                return True
            time.sleep(0.05)
    raise ClusterError(f"PostgreSQL in {home.path} (process {pid}) does not stop.")
