"""The OpenAPI against the server, with whatever a machine makes up."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rest.conftest import Api, Desk

EXAMPLES = 40


@pytest.mark.ci
def test_no_operation_fails_or_breaks_its_schema(desk: Desk, api: Api, tmp_path: Path) -> None:
    """Generated requests of all operations: no server error, no answer outside of the schema."""
    desk.do("POST", "/balance/USDT/deposit", json={"amount": 1_000_000})
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{api.url}/openapi.json"),
        *("--exclude-path-regex", "^/api/v1"),  # tests/rest/test_simulator.py
        *("--header", f"x-api-key:{api.key}", "--max-examples", str(EXAMPLES), "--seed", "1"),
        *("--checks", "not_a_server_error,status_code_conformance,content_type_conformance"),
        *("--checks", "response_schema_conformance,response_headers_conformance"),
        *("--suppress-health-check", "all", "--no-color"),
    ]
    done = subprocess.run(
        command,
        env={**os.environ, "SCHEMATHESIS_HOOKS": ""},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
    assert "Tested: 25\n" in done.stdout
