"""The parser of CQL2 text, bounded in time.

It tries one reading after the other, and for a text that is no CQL2 in the end it takes some four times as long for
each thing that is nested: twenty are hours, which nothing can end within a process, and no other thread runs meanwhile.
So a text with many parentheses is read by a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from threading import BoundedSemaphore
from typing import Any

import cql2

from app.errors import Busy
from app.languages import gettext as _

# More than most questions have; so many were never slow.
MOST_PARENTHESES_HERE = 10
SECONDS = 4.0
_CPU_SECONDS, _MEMORY_BYTES = 3, 1024**3
_AT_ONCE, _LONGEST_WAIT_SECONDS = 2, 20.0
_SEATS = BoundedSemaphore(_AT_ONCE)
_PROGRAM = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, ({_CPU_SECONDS}, {_CPU_SECONDS}))
resource.setrlimit(resource.RLIMIT_AS, ({_MEMORY_BYTES}, {_MEMORY_BYTES}))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
import cql2, json
try:
    answer = {{"tree": cql2.parse_text(sys.stdin.buffer.read().decode()).to_json()}}
except Exception as error:
    answer = {{"fault": str(error)}}
sys.stdout.buffer.write(json.dumps(answer).encode())
"""


def parse_text(text: str) -> Any:
    """The tree. Raises: ValueError with the parser's words, Busy."""
    if text.count("(") > MOST_PARENTHESES_HERE:
        return _parse_apart(text)
    try:
        return cql2.parse_text(text).to_json()
    except Exception as error:
        # It has errors of its own, and raises a bare one where a geometry breaks off.
        raise ValueError(str(error)) from None


def _parse_apart(text: str) -> Any:
    if not _SEATS.acquire(timeout=_LONGEST_WAIT_SECONDS):
        raise Busy(_("Many long filters are being read just now; the same request may go through in a moment."))
    try:
        done = subprocess.run(  # noqa: S603 - our own program; the text goes to its input
            [sys.executable, "-I", "-B", "-c", _PROGRAM],
            input=text.encode(errors="replace"),
            capture_output=True,
            timeout=SECONDS,
            env={},
            check=False,
        )
        answer = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        raise ValueError(_("it takes too long to be read; close each parenthesis, and nest less")) from None
    finally:
        _SEATS.release()
    if "fault" in answer:
        raise ValueError(answer["fault"])
    return answer["tree"]
