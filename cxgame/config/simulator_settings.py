"""What the simulator's configuration means to a server: settings, and faults as tables.

A server knows neither `config.json` nor its blocks. The values here are those that a person would
give as settings, and the faults those of a deck (`cxgame.faults`), each with its direction as the
simulator's users know it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from cxgame.config.kinds import decimal_text
from cxgame.config.simulator import Config, Exchange, Failures, Latency, Modes

PRESET = "simulator"
LOCALHOST = {"localhost": "127.0.0.1"}  # by its number: the name may mean an address of each kind
TREND = "cxgame.simulator.models:Trend"
TRADING_DAYS = "252"  # a year of gbm has so many days, of 24 hours each
SPREAD = "1bp"  # between bid and ask of a ticker

# The failures are those of the WebSocket, save the rate limit. Faults name messages by their type,
# a request over REST by its method and the last word of its path.
SIMULATOR = ["simulator"]
SENT_BY_CLIENTS = [
    *("PLACE_ORDER", "CANCEL_ORDER", "GET_ORDER", "GET_ORDERS", "GET_BALANCE", "GET_POSITION"),
    *("SUBSCRIBE", "UNSUBSCRIBE", "PING"),
]
SENT_BY_THE_SERVER = [
    *("ORDER_ACK", "ORDER_FILL", "ORDER_CANCEL", "ORDER_REJECT", "ORDERS", "BALANCE_UPDATE"),
    *("POSITION_UPDATE", "SUBSCRIBED", "UNSUBSCRIBED", "MARKET_DATA", "ORDERBOOK_UPDATE"),
    *("TRADE", "PONG", "ERROR"),
]
REQUESTS = [
    *(f"GET {name}" for name in ("symbols", "ticker", "prices", "orderbook", "trades")),
    *(f"GET {name}" for name in ("orders", "balance", "position")),
    *("POST orders", "DELETE orders"),
]

Table = dict[str, Any]


def settings_of(config: Config, source: str = "Config") -> dict[str, tuple[object, str]]:
    """Each setting that follows from the configuration, with the field that says so.

    Raises `ConfigError` for a field that is not allowed, and for fields that contradict each other.
    """
    config = config.checked(source)
    exchange = config.exchange
    return {
        "preset": (PRESET, source),
        "http_bind": (LOCALHOST.get(config.server.host, config.server.host), "server.host"),
        "http_port": (config.server.port, "server.port"),
        "symbol": (exchange.symbols, "exchange.symbols"),
        "oracle": (sources(exchange, *_model(exchange)), "exchange.pricing_model"),
        "tick_interval": (exchange.tick_interval, "exchange.tick_interval"),
        "grants": (_grants(exchange), "exchange.default_balance"),
        "faults": (faults_of(config.failures), "failures"),
    }


def faults_of(failures: Failures) -> list[Table]:
    """The failures that are on, as faults.

    With `enabled` off there are none, except that requests over REST keep their latency.
    """
    found = list(_latency(failures.latency, rest_alone=not failures.enabled))
    return [*found, *_modes(failures.modes)] if failures.enabled else found


def sources(exchange: Exchange, name: str, parameters: Mapping[str, str]) -> tuple[str, ...]:
    """A price source for every market: the model of a name, from the market's first price on."""
    more = "".join(f",{key}={value}" for key, value in parameters.items())
    return tuple(
        f"{symbol}={name}:price={exchange.initial_prices[symbol]},spread={SPREAD}{more}"
        for symbol in exchange.symbols
    )


def _latency(latency: Latency, *, rest_alone: bool) -> Iterator[Table]:
    if latency.mode is not None:
        fault = {"fault": "delay", "direction": "both", "faces": SIMULATOR, "profile": latency.mode}
        yield {**fault, "messages": REQUESTS} if rest_alone else fault


def _modes(modes: Modes) -> Iterator[Table]:
    if (drop := modes.drop_messages).enabled:
        yield _heard("drop", probability=drop.probability)
    if (delay := modes.delay_messages).enabled:
        yield _heard("delay", min_ms=delay.min_ms, max_ms=delay.max_ms)
    if (reorder := modes.reorder_messages).enabled:
        yield _heard("reorder", window_size=reorder.window_size)
    if (throttle := modes.throttle_messages).enabled:
        yield _heard("throttle", max_messages_per_second=throttle.max_messages_per_second)
    if (double := modes.duplicate_messages).enabled:
        more = double.max_duplicates
        yield _told("duplicate", probability=double.probability, max_duplicates=more)
    if (corrupt := modes.corrupt_messages).enabled:
        level = corrupt.corruption_level
        yield _told("corrupt", probability=corrupt.probability, corruption_level=level)
    if (silence := modes.silent_connection).enabled:
        yield _told("silence", after_messages=silence.after_messages)
    if modes.rate_limit.enabled:
        yield {**_fault("rate_limit", "in"), "messages": REQUESTS}


def _heard(name: str, **parameters: float) -> Table:
    """A fault of what clients send on the WebSocket."""
    return {**_fault(name, "in"), "messages": SENT_BY_CLIENTS, **parameters}


def _told(name: str, **parameters: float) -> Table:
    """A fault of what the server sends there."""
    return {**_fault(name, "out"), "messages": SENT_BY_THE_SERVER, **parameters}


def _fault(name: str, direction: str) -> Table:
    return {"fault": name, "direction": direction, "faces": SIMULATOR}


def _model(exchange: Exchange) -> tuple[str, Mapping[str, str]]:
    model = exchange.pricing_model
    drift, volatility = decimal_text(model.drift), decimal_text(model.volatility)
    match model.model_type:
        case "random_walk":
            return "random_walk", {"volatility": volatility}
        case "trend":
            return TREND, {"trend": drift, "volatility": volatility}
        case _:
            return "gbm", {"drift": drift, "volatility": volatility, "year_days": TRADING_DAYS}


def _grants(exchange: Exchange) -> dict[str, str]:
    """What a session begins with: of what is not named, nothing."""
    assets = (asset for symbol in exchange.symbols for asset in symbol.split("/"))
    return exchange.default_balance | {
        asset: "0" for asset in assets if asset not in exchange.default_balance
    }
