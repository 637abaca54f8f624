"""Servers to measure: the portal as `make run` starts it, TiPg and pygeoapi on the same table, and a fixed body."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import urlopen

from sqlalchemy import make_url

HERE = Path(__file__).parent
# The peers' packages get a virtual environment of their own: theirs and the portal's do not go together.
PEERS = HERE.parent.parent / ".venv-bench"
PACKAGES = (
    "tipg==1.6.1",
    "pygeoapi==0.21.0",
    "uvicorn",
    "uvloop",
    "httptools",
    "gunicorn",
    "geoalchemy2",
    "psycopg2-binary",
)
# What pygeoapi can write: it knows neither ranges nor JSONB.
PLAIN_COLUMNS = (
    "id name state state_code district primary_mineral asset_class concession stage status status_since area_ha "
    "computed_area_ha boundary_kind position_accuracy lon lat latest_tranche attempts agency confidence"
).split()


def install() -> Path:
    """The peers' own environment, made once."""
    done = PEERS / ".installed"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", PEERS], check=True)
        subprocess.run([PEERS / "bin" / "pip", "install", "-q", *PACKAGES], check=True)
        done.touch()
    return PEERS / "bin"


@contextlib.contextmanager
def running(command: list[str | Path], ready: str, environment: Mapping[str, str]) -> Iterator[int]:
    """A server until the end of the block; its process id."""
    process = subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=HERE
    )
    try:
        deadline = time.monotonic() + 120
        while not _answers(ready):
            assert process.poll() is None and time.monotonic() < deadline, command
            time.sleep(0.2)
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=60) as answer:
            return answer.status == 200
    except HTTPError:
        return False
    except OSError:
        return False


def portal(url: str, port: int, **more: str) -> contextlib.AbstractContextManager[int]:
    """Default settings but for the address and the database."""
    command = [Path(sys.executable).parent / "khanij", "serve"]
    settings = {"DATABASE_URL": url.replace("+psycopg", ""), "PORT": str(port)} | more
    return running(command, f"http://127.0.0.1:{port}/readyz", settings)


def fixed(body: Path, port: int, workers: int) -> contextlib.AbstractContextManager[int]:
    command = [sys.executable, "-m", "uvicorn", "fixed:app", "--port", str(port), "--log-level", "warning"]
    return running([*command, "--workers", str(workers)], f"http://127.0.0.1:{port}/", {"KHANIJ_BENCH_BODY": str(body)})


def tipg(url: str, port: int, workers: int) -> contextlib.AbstractContextManager[int]:
    parts = make_url(url)
    host = quote(str(parts.query.get("host") or parts.host), safe="")
    at = f":{parts.password}" if parts.password else ""
    number = parts.query.get("port") or parts.port or 5432
    address = f"postgresql://{parts.username}{at}@{host}:{number}/{parts.database}"
    command = [install() / "python", "-m", "uvicorn", "tipg.main:app", "--port", str(port), "--log-level", "error"]
    ready = f"http://127.0.0.1:{port}/collections/public.block"
    settings = {"DATABASE_URL": address, "TIPG_DB_SCHEMAS": '["public"]'}
    return running([*command, "--workers", str(workers)], ready, settings)


def pygeoapi(url: str, port: int, workers: int, folder: Path) -> contextlib.AbstractContextManager[int]:
    parts = make_url(url)
    where = {
        "host": str(parts.query.get("host") or parts.host),
        "port": int(str(parts.query.get("port") or parts.port or 5432)),
        "dbname": parts.database,
        "user": parts.username,
        "password": parts.password or "",
        "search_path": ["public"],
    }
    config = json.loads((HERE / "pygeoapi.json").read_text())  # JSON is YAML
    config["server"]["bind"]["port"] = port
    config["server"]["url"] = f"http://127.0.0.1:{port}"
    config["resources"]["blocks"]["providers"][0] |= {"data": where, "properties": PLAIN_COLUMNS}
    file, document = folder / "pygeoapi.yml", folder / "openapi.yml"
    file.write_text(json.dumps(config))
    settings = {"PYGEOAPI_CONFIG": str(file), "PYGEOAPI_OPENAPI": str(document)}
    tools = install()
    subprocess.run(
        [tools / "pygeoapi", "openapi", "generate", file, "--output-file", document],
        check=True,
        env=os.environ | settings,
        capture_output=True,
    )
    command = [tools / "gunicorn", "-w", str(workers), "-b", f"127.0.0.1:{port}", "pygeoapi.flask_app:APP"]
    return running(command, f"http://127.0.0.1:{port}/collections/blocks/items?limit=1&f=json", settings)
