"""The simulator's `config.json`: what is taken, what is refused, and what it means to a server."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute

from cxgame.config import ConfigError, load
from cxgame.config.loading import from_config
from cxgame.config.simulator import Config
from cxgame.config.simulator_settings import (
    REQUESTS,
    SENT_BY_CLIENTS,
    SENT_BY_THE_SERVER,
    faults_of,
    settings_of,
)
from cxgame.faults.reading import read_fault
from cxgame.oracle import build, parse
from cxgame.server.http.faults import kind_of
from cxgame.server.http.simulator.routers import ROUTERS
from cxgame.wire import simulator_frames

FRAMES = simulator_frames.Frame.__subclasses__()

EXAMPLE = {
    "server": {"host": "localhost", "port": 8765},
    "exchange": {
        "symbols": ["BTC/USD", "ETH/USD"],
        "tick_interval": 0.001,
        "initial_prices": {"BTC/USD": "50000", "ETH/USD": "3000"},
        "pricing_model": {"model_type": "gbm", "drift": 0.0, "volatility": 0.20},
        "default_balance": {"USD": "100000", "BTC": "10", "ETH": "100"},
    },
    "failures": {
        "enabled": True,
        "modes": {
            "drop_messages": {"enabled": True, "probability": 0.05},
            "delay_messages": {"enabled": True, "min_ms": 100, "max_ms": 2000},
        },
    },
}
MODES = (
    *("drop_messages", "delay_messages", "duplicate_messages", "reorder_messages"),
    *("corrupt_messages", "throttle_messages", "silent_connection", "rate_limit"),
)


def with_failures(**failures: Any) -> list[dict[str, Any]]:
    """The faults that a block of failures stands for."""
    return faults_of(Config.from_json(json.dumps({"failures": failures})).failures)


def test_the_usual_file_is_taken(tmp_path: Path) -> None:
    """Every field of it has its setting."""
    (tmp_path / "config.json").write_text(json.dumps(EXAMPLE))
    settings = load({"config": str(tmp_path / "config.json")}, {}, tmp_path).settings
    assert (settings.preset, settings.http_port, settings.http_hosts) == (
        "simulator",
        8765,
        ["127.0.0.1"],
    )
    assert (settings.symbol, settings.tick_interval) == (("BTC/USD", "ETH/USD"), 0.001)
    assert settings.grants == {"BTC": "10", "USD": "100000", "ETH": "100"}
    assert [parse(text).params["price"] for text in settings.oracle] == ["50000", "3000"]
    assert isinstance(settings.faults, tuple)
    assert [each["fault"] for each in settings.faults] == ["drop", "delay"]


def test_an_empty_file_says_what_the_preset_says() -> None:
    """Both are the simulator as it comes, without a failure."""
    by_file = from_config(Config.from_json("{}")).settings
    by_hand = from_config(Config()).settings
    assert by_file == by_hand
    assert by_file.faults == ()


def test_a_blocks_attributes_can_be_set() -> None:
    """Whatever is set in code is read as if it had stood in a file."""
    config = Config()
    config.failures.enabled = True
    config.failures.modes.drop_messages.enabled = True
    config.exchange.tick_interval = 0.001
    config.exchange.pricing_model.volatility = 0.5
    settings = from_config(config, memory=True).settings
    assert (settings.tick_interval, settings.memory) == (0.001, True)
    assert "volatility=0.5" in settings.oracle[0]
    config.server.port = -1
    with pytest.raises(ConfigError, match=r"^Config: server.port must be a whole number from 0"):
        from_config(config)


def test_a_keyword_is_stronger_than_the_configuration() -> None:
    """So a program can keep what the simulator would forget."""
    loaded = from_config(Config(), http_port=0)
    assert loaded.settings.http_port == 0
    assert loaded.sources["symbol"] == "exchange.symbols in Config"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "is not valid JSON: Expecting property name"),
        ("[]", "must be one JSON object"),
        ("null", "must be one JSON object"),
        ("[" * 100_000, "is nested too deeply"),
        ('{"server": {}, "server": {}}', "'server' stands twice in one object"),
        ('{"exchange": {"tick_interval": NaN}}', "NaN is no number"),
        ('{"exchange": {"tick_interval": 1e999}}', "tick_interval must be a number of seconds"),
        ('{"exchange": {"tick_interval": 0}}', "tick_interval must be a number of seconds"),
        ('{"server": {"prot": 1}}', r"no field 'server.prot'; did you mean port\?"),
        ('{"server": 1}', "server must be an object, not 1"),
        ('{"server": {"host": "a b"}}', "server.host must be an address"),
        ('{"exchange": {"symbols": []}}', "exchange.symbols names no market"),
        ('{"exchange": {"symbols": ["BTC/USD", "BTC/USD"]}}', "symbols names one value twice"),
        ('{"exchange": {"symbols": ["SOL/USD"]}}', "initial_prices has no price of SOL/USD"),
        ('{"exchange": {"initial_prices": {"BTC/USD": "0"}}}', "initial_prices must be a table"),
        ('{"exchange": {"default_balance": {"USD": "-1"}}}', "default_balance must be a table"),
        ('{"exchange": {"pricing_model": {"model_type": "x"}}}', "must be gbm, random_walk or tr"),
        (
            '{"exchange": {"pricing_model": {"model_type": "trend", "volatility": 2}}}',
            "a share of the price per tick, at most 1, not 2",
        ),
        ('{"failures": {"enabled": "maybe"}}', "failures.enabled must be true"),
        ('{"failures": {"latency": {"mode": "slow"}}}', "must be typical or stable, or none"),
        (
            '{"failures": {"modes": {"drop_messages": {"probability": 1.5}}}}',
            r"failures.modes.drop_messages.probability must be a plain number from 0 to 1, not 1.5",
        ),
        (
            '{"failures": {"modes": {"delay_messages": {"min_ms": 5000}}}}',
            "delay_messages.min_ms is 5000, more than the 1000 of max_ms",
        ),
    ],
)
def test_a_mistake_is_one_sentence(text: str, sentence: str) -> None:
    """It names the file, the field by its path, and what is allowed."""
    with pytest.raises(ConfigError, match=rf"^config.json:? .*{sentence}") as refused:
        Config.from_json(text)
    assert "\n" not in str(refused.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """Because it is not there, or no text."""
    with pytest.raises(ConfigError, match=r"cannot read .*none.json"):
        Config.from_file(tmp_path / "none.json")
    (tmp_path / "x.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(ConfigError, match="it is not UTF-8 text"):
        Config.from_file(tmp_path / "x.json")


def test_a_configuration_goes_with_its_preset_alone(tmp_path: Path) -> None:
    """Another preset beside it is refused; a flag beside it is stronger."""
    path = tmp_path / "simulation.json"
    path.write_text("{}")
    with pytest.raises(ConfigError, match=r"preset \(--preset\) is mockx: leave one of them out"):
        load({"config": str(path), "preset": "mockx"}, {}, tmp_path)
    flags = {"config": str(path), "preset": "simulator", "http_port": "9000"}
    assert load(flags, {}, tmp_path).settings.http_port == 9000


@pytest.mark.parametrize("model", ["gbm", "random_walk", "trend"])
def test_every_model_makes_prices(model: str) -> None:
    """Around the first price, a basis point between bid and ask."""
    config = Config()
    config.exchange.pricing_model.model_type = model
    config.exchange.pricing_model.volatility = 0.01
    text = from_config(config).settings.oracle[0]
    made = build(parse(text), "BTC/USD", 1, 0.025)
    price = made.first_price()
    sides = made.quote(price)
    assert (price, sides.bid, sides.ask) == (50000, 49997.5, 50002.5)
    made.index = 1
    assert made.next_price(price) > 0


def test_a_market_without_a_balance_begins_with_nothing_of_it() -> None:
    """What `default_balance` does not name is not given."""
    config = Config()
    config.exchange.default_balance = {"USD": "5"}
    grants, _ = settings_of(config)["grants"]
    assert grants == {"BTC": "0", "ETH": "0", "USD": "5"}


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_is_a_fault_of_the_simulator(mode: str) -> None:
    """With its defaults, and only where it is switched on."""
    (table,) = with_failures(modes={mode: {"enabled": True}})
    fault = read_fault(table)
    assert fault.faces == ("simulator",)
    assert fault.direction == table["direction"]
    assert with_failures(modes={mode: {"enabled": False}}) == []
    assert with_failures(enabled=False, modes={mode: {"enabled": True}}) == []


def test_the_limit_of_rates_is_of_requests_and_the_rest_of_the_socket() -> None:
    """A fault names the messages that it may hit."""
    limited, dropped, silenced = (
        with_failures(modes={mode: {"enabled": True}})[0]
        for mode in ("rate_limit", "drop_messages", "silent_connection")
    )
    assert "POST orders" in limited["messages"]
    assert "PLACE_ORDER" in dropped["messages"]
    assert "ORDER_ACK" in silenced["messages"]
    assert silenced["after_messages"] == 50


def test_every_message_of_the_dialect_can_be_hit() -> None:
    """None is missing in the lists, and none is in them that there is not."""
    told = Path(simulator_frames.__file__).read_text(encoding="utf-8")
    assert set(SENT_BY_CLIENTS) == {frame.__struct_config__.tag for frame in FRAMES}
    heads = re.findall(r"""_head\(["']([A-Z_]+)["']""", told)
    assert set(SENT_BY_THE_SERVER) == {*heads, *re.findall(r'"type":"([A-Z_]+)"', told)}
    routes = [route for router in ROUTERS for route in router.routes]
    kinds = {
        kind_of(method, route.path)
        for route in routes
        if isinstance(route, APIRoute) and route.path.startswith("/api/v1")
        for method in route.methods - {"HEAD"}
    }
    assert set(REQUESTS) == kinds


@pytest.mark.parametrize("mode", ["typical", "stable"])
def test_latency_is_on_both_ways_and_stays_on_rest(mode: str) -> None:
    """Without failures requests keep it, as the simulator's users know it."""
    (both,) = with_failures(latency={"mode": mode})
    assert (both["direction"], both["profile"]) == ("both", mode)
    assert "messages" not in both
    (rest,) = with_failures(enabled=False, latency={"mode": mode})
    assert all(word.split()[0] in ("GET", "POST", "DELETE") for word in rest["messages"])
    read_fault(rest)


def test_an_endless_integer_is_refused() -> None:
    """Python cannot even write it down."""
    config = Config()
    config.server.port = 16**5000
    with pytest.raises(ConfigError, match=r"server\.port must be .*, not what was given"):
        config.checked()


def test_a_refusal_tells_numbers_apart() -> None:
    """However little lies between them."""
    config = Config()
    config.failures.modes.delay_messages.min_ms = 100_000.2
    config.failures.modes.delay_messages.max_ms = 100_000.1
    with pytest.raises(ConfigError, match=r"min_ms is 100000\.2, more than the 100000\.1 of"):
        config.checked()
