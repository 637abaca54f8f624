"""A run of psql: it is told statements and dumps, answers questions, and is undone unless it is told to commit."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from app.backup.archive import CHUNK_BYTES, Archive, BackupError
from app.backup.tools import Address, sentence_of

_BEGIN, _END = "khanij: the answers", "khanij: that was all"


@contextmanager
def psql(address: Address, programs: Path) -> Iterator[Psql]:
    """A running psql that stops at its first error; without a COMMIT, what it did is undone at the end.

    Raises: BackupError with what psql says of its error.
    """
    command = [str(programs / "psql"), "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--no-password"]
    command += ["--field-separator=\t", "--set=ON_ERROR_STOP=1", f"--dbname={address.conninfo}"]
    pipe = subprocess.PIPE
    with tempfile.TemporaryFile() as messages:
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=messages, env=address.environment)  # noqa: S603
        failed: BaseException | None = None
        try:
            yield Psql(process, programs)
        except (BrokenPipeError, EOFError) as error:
            failed = error  # psql has ended by itself; its messages tell why
        finally:
            with suppress(BrokenPipeError):
                process.communicate()
        if failed or process.returncode != 0:
            messages.seek(0)
            reason = sentence_of(messages.read().decode(errors="replace"))
            raise BackupError(f"The database refused the restore, which was undone: {reason}.")


class Psql:
    """A running psql; what it prints is one row a line."""

    def __init__(self, process: subprocess.Popen[bytes], programs: Path) -> None:
        assert process.stdin is not None and process.stdout is not None
        self._stdin, self._stdout, self._programs = process.stdin, process.stdout, programs

    def say(self, *statements: str) -> None:
        """Statements, each without its last semicolon."""
        self._stdin.write("".join(f"{statement};\n" for statement in statements).encode())
        self._stdin.flush()

    def ask(self, questions: Sequence[str]) -> list[list[str]]:
        """The rows that SELECTs print; no value may hold a tabulator or a line break.

        Raises: EOFError where psql ends before the last of them.
        """
        self._stdin.write(f"\\echo {_quoted(_BEGIN)}\n".encode())
        self.say(*questions)
        self._stdin.write(f"\\echo {_quoted(_END)}\n".encode())
        self._stdin.flush()
        rows: list[list[str]] = []
        for line in self._stdout:
            text = line.decode().rstrip("\n")
            if text == _BEGIN:
                rows = []
            elif text == _END:
                return rows
            else:
                rows.append(text.split("\t"))
        raise EOFError

    def read_dump(self, archive: Archive, arguments: Sequence[str]) -> None:
        """Run what pg_restore makes of the dump.

        Raises: BackupError where pg_restore cannot read it; BrokenPipeError where psql has ended.
        """
        command = [str(self._programs / "pg_restore"), "--no-owner", "--no-privileges", "--file=-", *arguments]
        with tempfile.TemporaryFile() as messages, archive.open_dump() as dump:
            reader = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=self._stdin, stderr=messages)  # noqa: S603
            assert reader.stdin is not None
            # A broken pipe here: pg_restore has given up, or psql has, to which it writes.
            with suppress(BrokenPipeError), reader.stdin:
                while chunk := dump.read(CHUNK_BYTES):
                    reader.stdin.write(chunk)
            if reader.wait() != 0:
                messages.seek(0)
                said = messages.read().decode(errors="replace")
                if reader.returncode < 0 or "Broken pipe" in said:
                    raise BrokenPipeError
                raise BackupError(f"pg_restore gave up: {sentence_of(said)}.")


def _quoted(text: str) -> str:
    return "'" + text + "'"
