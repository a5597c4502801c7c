"""The files for an exchange on the internet: settings that load, units that systemd takes."""

import re
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from cxgame.config import Settings, load
from cxgame.config.page import PageSettings
from tests.support.programs import ROOT

FOLDER = ROOT / "examples" / "hosting"
UNITS = sorted((*FOLDER.glob("*.service"), *FOLDER.glob("*.timer")))
PROXIES = [FOLDER / "nginx.conf", FOLDER / "Caddyfile"]
PROGRAM = "/opt/cxgame/bin/cxgame"


def test_every_file_is_explained() -> None:
    """On the page or beside the files, by its name."""
    told = (FOLDER / "README.md").read_text() + (ROOT / "docs" / "hosting.md").read_text()
    assert [path.name for path in FOLDER.iterdir() if f"[`{path.name}`]" not in told] == [
        "README.md"
    ]


def test_the_settings_load(tmp_path: Path) -> None:
    """And the limits in them are no higher than the defaults."""
    shutil.copy(FOLDER / "cxgame.toml", tmp_path)
    settings, usual = load({}, {}, tmp_path).settings, Settings()
    limits = ("rate_limit", "rate_burst", "max_connections_per_address", "max_open_orders")
    assert all(getattr(settings, name) < getattr(usual, name) for name in limits)
    assert settings.http_hosts == ["127.0.0.1"]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_takes_a_unit(path: Path, tmp_path: Path) -> None:
    """Its own check finds nothing, with our program put where the unit expects it."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("there is no systemd-analyze")
    for each in UNITS:
        (tmp_path / each.name).write_text(each.read_text().replace(PROGRAM, sys.executable))
    words = (analyze, "verify", tmp_path / path.name)
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_service_says_settings_that_exist() -> None:
    """Variables of its environment; and SIGTERM goes to the server alone."""
    text = (FOLDER / "cxgame.service").read_text()
    named = re.findall(r"^Environment=CXGAME_(\w+)=", text, re.MULTILINE)
    assert len(named) == 3
    assert [name for name in named if not hasattr(Settings(), name.lower())] == []
    service = ConfigParser(strict=False, interpolation=None)
    service.read_string(text)
    assert service["Service"]["KillMode"] == "mixed"
    assert service["Service"]["RestartPreventExitStatus"] == "2 3 4"


@pytest.mark.parametrize("path", PROXIES, ids=lambda path: path.name)
def test_a_proxy_leads_to_the_usual_ports(path: Path) -> None:
    """And to nothing of the HTTP port but its health."""
    text, usual = path.read_text(), Settings()
    ports = re.findall(r"127\.0\.0\.1:(\d+)", text)
    own = (usual.exchange_port, usual.feed_port, PageSettings().page_port, usual.http_port)
    assert sorted(ports) == sorted(map(str, own))
    before = text[: text.index(f":{usual.http_port}")]
    assert re.findall(r"(?:location =|handle) (\S+) \{", before)[-1:] == ["/readyz"]
