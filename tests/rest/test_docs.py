"""The page about REST keeps up with the server."""

import re
from pathlib import Path

from tests.rest.conftest import Desk

PAGE = (Path(__file__).parents[2] / "docs" / "rest.md").read_text(encoding="utf-8")
SIMULATOR = "/api/v1/"  # docs/simulator.md
ELSEWHERE = {"/healthz", "/readyz", "/metrics", "/health", "/admin/healthz"}  # docs/server.md


def test_every_operation_has_its_heading(desk: Desk) -> None:
    """And no heading is about one that is gone."""
    paths = desk.do("GET", "/openapi.json")["paths"]
    served = {
        f"{method.upper()} {path.replace('{order_id}', '{oid}')}"
        for path, operations in paths.items()
        for method in operations
        if path not in ELSEWHERE and not path.startswith(SIMULATOR)
    }
    assert set(re.findall(r"^### (\w+ /.*)$", PAGE, re.MULTILINE)) == served
