"""Where the private cluster lies, whose it is, and whether it is really this clone's.

<clone>/.postgres/       always there; holds `lock`, and `location` where the cluster had to go elsewhere
<home>/                  `.postgres` itself, or a folder under /var/lib/khanij
    root                 the clone it belongs to; written first
    data/                PostgreSQL's own folder
    socket/              the unix socket, or `socket_folder` names a short one under /tmp
    khanij.conf  server.log
    khanij_reader  says that the role of this name, which only reads, was made
    made                 written last: without it the cluster is half made, and is made anew
"""

import contextlib
import fcntl
import hashlib
import json
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from app.cluster.processes import end_all

ELSEWHERE = Path("/var/lib/khanij")
SHORT_FOLDERS = "/tmp"  # noqa: S108  each folder in it is made by mkdtemp and checked again before use
PORT = 5432  # names the socket file; no network port is opened
# A unix socket's path has 107 bytes; /.s.PGSQL.5432 takes 14 of them.
MAX_SOCKET_FOLDER_BYTES = 107 - 14


class ClusterError(Exception):
    """The private cluster cannot be used; the text says why and what helps."""


class Home(NamedTuple):
    """The folder of a cluster."""

    path: Path

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.path / "data"

    @property
    def log(self) -> Path:
        """What the server said."""
        return self.path / "server.log"

    @property
    def owner(self) -> pwd.struct_passwd:
        """The user that the server runs as: whoever owns the data."""
        return pwd.getpwuid(self.data.stat().st_uid)


def as_user(user: pwd.struct_passwd) -> dict[str, Any]:
    """Arguments for subprocess.run that make it run as `user`; nothing to change where that is us."""
    if user.pw_uid == os.geteuid():
        return {}
    groups = os.getgrouplist(user.pw_name, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": groups}


def dot_postgres(root: Path) -> Path:
    """The clone's own folder for its cluster."""
    return root / ".postgres"


@contextlib.contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the clone's lock, so that two starts at once make one cluster.

    Raises: ClusterError where the folder is another user's.
    """
    try:
        dot_postgres(root).mkdir(exist_ok=True)
        lock = (dot_postgres(root) / "lock").open("a")
    except OSError as error:
        raise ClusterError(
            f"{dot_postgres(root)} cannot be written to ({error.strerror}). Was the cluster made by root? "
            "Then go on as root, or remove it with `sudo make clean`."
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# --- finding the cluster of a clone ------------------------------------------------------------------------------


def find_home(root: Path) -> Home | None:
    """The finished cluster of this clone; None where there is none, or only one that belongs to another clone.

    Raises: ClusterError where it is another user's.
    """
    home = Home(pointed_path(root))
    try:
        made = json.loads((home.path / "made").read_text())
        data = home.data.stat()
    except (OSError, ValueError):
        return None
    if claimed_root(home.path) != root and not _came_along(root, home, made, data):
        return None
    if os.geteuid() not in (0, data.st_uid):
        raise ClusterError(
            f"The cluster in {home.path} belongs to the user {home.owner.pw_name}. "
            "Go on as that user (or root), or remove it with `sudo make clean`."
        )
    return home


def pointed_path(root: Path) -> Path:
    """The folder that `.postgres` stands for."""
    try:
        return Path((dot_postgres(root) / "location").read_text().strip())
    except OSError:
        return dot_postgres(root)


def claimed_root(path: Path) -> Path | None:
    """The clone that the cluster in `path` was made for."""
    try:
        return Path((path / "root").read_text().strip())
    except OSError:
        return None


def _came_along(root: Path, home: Home, made: dict[str, Any], data: os.stat_result) -> bool:
    """Whether the cluster, made for another folder, moved here with its clone; if so it is this clone's from now on.

    A copy of a folder whose server was running (it has a postmaster.pid) may be torn, and is not trusted.
    """
    if home.path != dot_postgres(root):  # the pointer came along; is it still the other clone's too?
        other = claimed_root(home.path)
        ours = other is None or pointed_path(other) != home.path
    elif data.st_ino == made["inode"]:
        ours = True
    else:
        ours = data.st_uid != 0 and not (home.data / "postmaster.pid").exists()
        if ours:
            (home.path / "socket_folder").unlink(missing_ok=True)  # the other clone's
            write_made(home, made["major"])
    if ours:
        write_text(home.path / "root", f"{root}\n")
    return ours


def read_major(home: Home) -> int:
    """The PostgreSQL version that made the cluster."""
    return int(json.loads((home.path / "made").read_text())["major"])


def write_made(home: Home, major: int) -> None:
    """Say that the cluster is whole."""
    write_text(home.path / "made", json.dumps({"major": major, "inode": home.data.stat().st_ino}) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a file that all may read, whole or not at all."""
    new = path.with_name(path.name + ".new")
    new.write_text(text)
    new.chmod(0o644)
    new.replace(path)


# --- a place for a new one ---------------------------------------------------------------------------------------


def server_user() -> pwd.struct_passwd:
    """Who the server shall run as: us, or `postgres` where we are root.

    Raises: ClusterError where there is no such user.
    """
    try:
        return pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    except KeyError as error:
        raise ClusterError(
            "PostgreSQL runs neither as root nor as a user without a name. "
            "Add the user `postgres` (useradd postgres), or run as a user that is in /etc/passwd."
        ) from error


def new_home(root: Path) -> Home:
    """An empty folder for the cluster, with an empty data folder, in the clone where the server's user can reach it.

    Raises: ClusterError where no folder can be made.
    """
    try:
        return _make_home(root, server_user())
    except OSError as error:
        raise ClusterError(f"No folder for the cluster could be made: {error}") from error


def _make_home(root: Path, user: pwd.struct_passwd) -> Home:
    inside = dot_postgres(root)
    if user.pw_uid != os.geteuid():
        inside.chmod(0o755)  # whatever root's umask made of it
    if can_enter(user, inside):
        (inside / "location").unlink(missing_ok=True)
        home = Home(inside)
        _set_copy_aside(root, home)
    else:
        home = Home(_free_path_elsewhere(root))
        write_text(inside / "location", f"{home.path}\n")
        home.path.mkdir(parents=True, exist_ok=True)
        for folder in (home.path.parent, home.path):
            folder.chmod(0o755)
    write_text(home.path / "root", f"{root}\n")
    end_all(home.data)  # of a start that was cut short, or of an earlier clone at this address
    for name in ("made", "khanij_reader", "socket_folder", "server.log"):
        (home.path / name).unlink(missing_ok=True)
    for folder in (home.data, home.path / "socket"):
        shutil.rmtree(folder, ignore_errors=True)
        _make_private_folder(folder, user)
    return home


def _set_copy_aside(root: Path, home: Home) -> None:
    """Keep a whole cluster that was copied here with another clone, under a name that nobody uses."""
    if (home.path / "made").exists() and claimed_root(home.path) != root:
        aside = home.path / "data.copied"
        shutil.rmtree(aside, ignore_errors=True)
        home.data.rename(aside)


def _free_path_elsewhere(root: Path) -> Path:
    """A folder outside the clone, named after it; what an earlier clone at the same address left there is ours."""
    name = f"{root.name}-{hashlib.sha256(os.fsencode(root)).hexdigest()[:12]}"
    number = 1
    path = ELSEWHERE / name
    while claimed_root(path) not in (None, root):
        number += 1
        path = ELSEWHERE / f"{name}-{number}"
    return path


def can_enter(user: pwd.struct_passwd, folder: Path) -> bool:
    """Whether `user` may pass through `folder` and everything above it."""
    return subprocess.run(["/usr/bin/test", "-x", str(folder)], **as_user(user)).returncode == 0  # noqa: S603


def _make_private_folder(path: Path, user: pwd.struct_passwd) -> None:
    path.mkdir(mode=0o700)
    if user.pw_uid != os.geteuid():
        os.chown(path, user.pw_uid, user.pw_gid)


# --- the socket --------------------------------------------------------------------------------------------------


def socket_folder(home: Home) -> Path:
    """The folder of the server's socket: in its home, or a short private one where that path is too long or odd.

    Only the server's user (and root) may enter it; that is what lets the server trust whoever comes in.
    """
    inside = home.path / "socket"
    plain = re.fullmatch(r"[\w./+-]+", str(inside), re.ASCII)
    if plain and len(os.fsencode(inside)) <= MAX_SOCKET_FOLDER_BYTES:
        return inside
    note = home.path / "socket_folder"
    if note.exists() and _is_private(Path(note.read_text().strip()), home.owner):
        return Path(note.read_text().strip())
    short = Path(tempfile.mkdtemp(prefix="khanij-", dir=SHORT_FOLDERS))
    os.chown(short, home.owner.pw_uid, home.owner.pw_gid)
    write_text(note, f"{short}\n")
    return short


def _is_private(folder: Path, user: pwd.struct_passwd) -> bool:
    """Whether `folder` is a real folder of `user` that nobody else may enter: under /tmp anyone may make links."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == user.pw_uid and not found.st_mode & 0o077
