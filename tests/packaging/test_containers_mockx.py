"""The compose file of the exchange for one user: what it publishes, and what its services run."""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cxgame.config import load, load_feeder
from cxgame.store.binary import find_binary
from tests.packaging.containers import compose, free_port, health, plain
from tests.support.programs import ROOT, WITHIN_S, Program

COMPOSE = compose("docker-compose.mockx.yml")
SERVICES = COMPOSE["services"]
PASSWORD = 'hush "quoted\\hush'
KEY = {"x-api-key": "invalid-key"}


def inside(service: str, **outside: str) -> dict[str, str]:
    """The environment of a container, with these variables in `.env`."""
    said = SERVICES[service].get("environment", {})
    filled = {key: outside.get(named(text), plain(text)) for key, text in said.items()}
    return {**outside, **filled} if "env_file" in SERVICES[service] else filled


def named(text: str) -> str:
    """The variable that a value of compose is, if it is one."""
    match = re.fullmatch(r"\$\{(\w+):-[^}]*\}", text)
    return match[1] if match else ""


# The file


def test_what_is_published_is_this_computers_alone() -> None:
    """Valkey, REST, both websockets and the page; the price service listens nowhere."""
    ports = {name: service.get("ports", []) for name, service in SERVICES.items()}
    assert {name: len(each) for name, each in ports.items()} == {
        "valkey": 1,
        "oracle": 0,
        "engine": 3,
        "page": 1,
    }
    assert all(port.startswith("127.0.0.1:") for each in ports.values() for port in each)


def test_the_ports_outside_are_those_of_the_variables() -> None:
    """VALKEY_PORT and ENGINE_PORT choose them; inside they stay."""
    published = [port for service in ("valkey", "engine") for port in SERVICES[service]["ports"]]
    assert "127.0.0.1:${VALKEY_PORT:-6379}:6379" in published
    assert "127.0.0.1:${CXGAME_HTTP_PORT:-${ENGINE_PORT:-8000}}:8000" in published
    assert inside("engine", ENGINE_PORT="8001")["CXGAME_HTTP_PORT"] == "8000"


@pytest.mark.parametrize("name", [".env.example", None], ids=["the example", "no file"])
def test_it_works_as_it_is(tmp_path: Path, name: str | None) -> None:
    """With `.env.example` as `.env` or with none, everybody knows where everything is."""
    if name is not None:
        shutil.copy(ROOT / name, tmp_path / ".env")
    environ = inside("engine")
    assert SERVICES["engine"]["command"] == ["--insecure"]
    settings = load({"insecure": True}, environ, tmp_path).settings
    assert (settings.http_hosts, settings.http_port) == (["0.0.0.0"], 8000)
    assert (settings.preset, settings.oracle, settings.symbol) == (
        "mockx",
        ("valkey",),
        ("BTC/USDT",),
    )
    assert settings.valkey_address == "redis://valkey:6379/0"
    assert load_feeder({}, inside("oracle"), tmp_path).valkey_url == settings.valkey_address


def test_addresses_outside_do_not_hold_inside(tmp_path: Path) -> None:
    """A `.env` for programs of this computer may name its addresses; the password holds."""
    outside = {
        "REDIS_URL": "redis://127.0.0.1:6379/0",
        "VALKEY_HOST": "127.0.0.1",
        "CXGAME_VALKEY_PORT": "7000",
        "VALKEY_PASSWORD": "hush",
        "CXGAME_BIND": "127.0.0.1",
        "TEST_ENV": "True",
    }
    environ = inside("engine", **outside)
    settings = load({"insecure": True}, environ, tmp_path).settings
    assert settings.valkey_address == "redis://:hush@valkey:6379/0"
    assert (settings.http_hosts, settings.test_env) == (["0.0.0.0"], True)
    assert inside("valkey", **outside) == {"VALKEY_PASSWORD": "hush"}


# What they run


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[str]:
    """The Valkey of the compose file, by its own script, but for its places."""
    programs, port = tmp_path / "bin", free_port()
    programs.mkdir()
    (programs / "valkey-server").symlink_to(find_binary())
    (tmp_path / "valkey").mkdir()
    shell, flag, script = SERVICES["valkey"]["command"]
    script = script.replace("$$", "$").replace("/tmp/", f"{tmp_path}/")
    script = script.replace("dir /data", f"dir {tmp_path / 'valkey'}")
    script = script.replace("'appendonly yes'", f"'bind 127.0.0.1' 'port {port}' 'appendonly yes'")
    path = f"{programs}:{os.environ['PATH']}"
    with Program(
        tmp_path,
        *(shell, flag, script),
        log=tmp_path / "valkey.log",
        PATH=path,
        **inside("valkey", VALKEY_PASSWORD=PASSWORD),
    ) as running:
        running.until_said("Ready to accept connections")
        assert (tmp_path / "valkey.conf").stat().st_mode & 0o077 == 0
        yield f"redis://127.0.0.1:{port}/0"


def test_the_three_services_trade(tmp_path: Path, valkey: str) -> None:
    """Prices go from the oracle through Valkey to the engine, at which an order is filled."""
    ready, data = tmp_path / "ready.json", tmp_path / "data"
    data.mkdir()
    outside = {
        "VALKEY_PASSWORD": PASSWORD,
        "ORACLE": "constant:price=50000",
        "TICK_LOOP_SEC": "0.05",
        "MIN_TIME_ANSWER_ORDER_MARKET": "0",
        "MAX_TIME_ANSWER_ORDER_MARKET": "0",
        "SIGMA_FILL_MARKET_ORDER": "0",
    }
    here = {
        "VALKEY_URL": valkey,
        "CXGAME_BIND": "127.0.0.1",
        "CXGAME_DATA_DIR": str(data),
        "CXGAME_READY_FILE": str(ready),
        **{f"CXGAME_{name}_PORT": "0" for name in ("EXCHANGE", "FEED", "HTTP")},
    }
    cxgame = (sys.executable, "-m", "cxgame")
    oracle = (*cxgame, *SERVICES["oracle"]["command"])
    engine = (*cxgame, *SERVICES["engine"]["command"])
    feeding = {**inside("oracle", **outside), "VALKEY_URL": valkey}
    with (
        Program(tmp_path, *oracle, log=tmp_path / "oracle.log", **feeding) as feeder,
        Program(
            tmp_path, *engine, log=tmp_path / "engine.log", **inside("engine", **outside) | here
        ) as server,
    ):
        feeder.until_said("(BTC/USDT)")
        port = server.until_ready(ready)["http"]
        checked = health(CXGAME_HTTP_PORT=str(port))
        assert '"durability":"always"' in checked.stdout, checked.stdout
        url = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=url, headers=KEY, timeout=WITHIN_S) as client:

            def price() -> float:
                ticker = client.get("/tickers/BTC/USDT").json()["BTC/USDT"]
                return float(ticker.get("price", 0))

            server.until(lambda: price() == 50_000, "to follow the ticker")
            fund = client.post("/admin/fund", json={"asset": "USDT", "amount": 1000})
            assert fund.status_code == 200, fund.text
            body = {"symbol": "BTC/USDT", "side": "buy", "amount": 0.01}
            order = client.post("/orders", json=body).json()
            assert order["status"] == "new", order
            server.until(
                lambda: client.get(f"/orders/{order['id']}").json()["status"] == "filled",
                "to fill the order",
            )
            assert client.get("/balance/BTC").json()["free"] == 0.01
