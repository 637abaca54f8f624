"""Requests made up from the OpenAPI document, all over it: none breaks the portal, each is answered as it says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

# Beyond these, schemathesis wants every value outside a schema refused; OGC wants a limit above the maximum served.
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,unsupported_method,allow_header_conformance"
)


@pytest.mark.parametrize(("document", "seconds"), [("openapi.json", 75), ("openapi-ogc.json", 20)])
def test_every_answer_is_as_documented(live_url, document, seconds, tmp_path):
    """No 5xx, no undocumented status, header or media type, no breach of a schema. The seed is fixed."""
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", f"{live_url}/api/{document}",
        "--seed", "20261124", "--max-examples", "15", "--max-time", str(seconds),
        "--request-timeout", "30", "--checks", CHECKS, "--phases", "examples,coverage,fuzzing",
    ]  # fmt: skip
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "160"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=300)
    assert done.returncode == 0, done.stdout[-12_000:] + done.stderr[-2_000:]
    assert " passed" in done.stdout
