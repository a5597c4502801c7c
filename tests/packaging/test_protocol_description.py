"""The script that prints the protocol for machines."""

import json

import pytest

from cxgame.server.description.document import asyncapi
from scripts import protocol_description


def test_it_prints_what_a_server_serves(capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON document, ready to be written into a file."""
    protocol_description.main()
    assert json.loads(capsys.readouterr().out) == asyncapi()
