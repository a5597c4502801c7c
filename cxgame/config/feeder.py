"""The settings that only `cxgame oracle` has, the service that writes prices to Valkey.

Their variables carry no prefix: so programs of the same kind call them. Where the service writes,
how it logs and from which seed it draws are settings of the server as well, and defined there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from cxgame.config import about as a
from cxgame.config import sources
from cxgame.config.about import About, setting
from cxgame.config.errors import ConfigError
from cxgame.config.kinds import Kind, Refused, boolean, integer, optional, seconds, several, text
from cxgame.config.loading import flag_of, load_only, read_value
from cxgame.config.settings import Settings
from cxgame.config.sources import Given
from cxgame.config.valkey import with_password

FEEDER = "Which prices"
LIVE_INTERVAL_S = 10.0
MODEL_INTERVAL_S = 1.0
LOCAL_VALKEY = "redis://127.0.0.1:6379"

_EXCHANGE = text("the name of an exchange, as ccxt has it", "NAME", r"[a-z0-9_]{1,40}")


def _discovery() -> Kind:
    """Yes or no, or the quote assets themselves: both are found in the wild."""
    switch, assets = boolean(), several(a.ASSET, ",")

    def read(value: object) -> bool | tuple[str, ...]:
        try:
            return switch.read(value)  # type: ignore[no-any-return]
        except Refused:
            return assets.read(value)  # type: ignore[no-any-return]

    return Kind(f"{switch.allowed}, or quote assets such as USDT,EUR", "WORD", read)


@dataclass(frozen=True, kw_only=True)
class FeederSettings:
    """Which prices are written, and how often."""

    exchange: str = setting(
        "binance",
        FEEDER,
        _EXCHANGE,
        "Exchange whose prices are written, any that ccxt knows.",
        variables=("EXCHANGE",),
    )
    symbols: tuple[str, ...] = setting(
        (),
        FEEDER,
        several(a.SYMBOL, ","),
        "Markets to write; without any, and without discovery, BTC and ETH in the quote asset.",
        variables=("SYMBOLS",),
    )
    discover_quotes: bool | tuple[str, ...] = setting(
        False,
        FEEDER,
        _discovery(),
        "With true, all markets of the exchange in these quote assets are written as well; or "
        "name the assets here.",
        variables=("DISCOVER_QUOTES",),
    )
    discover_limit: int = setting(
        0,
        FEEDER,
        integer(0, 100_000),
        "How many markets are discovered in each quote asset, the most traded first; 0 for all.",
        variables=("DISCOVER_LIMIT",),
    )
    quotes: tuple[str, ...] = setting(
        (),
        FEEDER,
        several(a.ASSET, ","),
        "Quote assets of the discovery.",
        variables=("QUOTES",),
    )
    quote: str = setting(
        "USDT", FEEDER, a.ASSET, "The quote asset where none is listed.", variables=("QUOTE",)
    )
    interval: float | None = setting(
        None,
        FEEDER,
        optional(seconds("0.1", "86400")),
        "Time between two prices; without it 10 for an exchange, 1 for models.",
        variables=("INTERVAL_SEC",),
    )
    oracle: tuple[str, ...] = setting(
        (),
        FEEDER,
        several(a.ORACLE, ";"),
        "Prices of a model or a recording instead of an exchange: [SYMBOL=]NAME[:key=value,...]; "
        "may be repeated.",
        variables=("ORACLE",),
    )

    @property
    def interval_s(self) -> float:
        """The interval that holds."""
        return self.interval or (MODEL_INTERVAL_S if self.oracle else LIVE_INTERVAL_S)

    @property
    def discovered_quotes(self) -> tuple[str, ...]:
        """The quote assets whose markets are looked for; none without discovery."""
        if isinstance(self.discover_quotes, tuple):
            return self.discover_quotes
        return (self.quotes or (self.quote,)) if self.discover_quotes else ()


FEEDER_ABOUT: dict[str, About] = {
    field.name: field.metadata["about"] for field in fields(FeederSettings)
}
FEEDER_DEFAULTS: dict[str, object] = {field.name: field.default for field in fields(FeederSettings)}
# What it has in common with a server. The server's own port of Valkey is one of them: with both
# started in one folder, the service finds the server's Valkey by itself.
COMMON = "config valkey_url valkey_port valkey_password seed symbol log_level log_file".split()


@dataclass(frozen=True, kw_only=True)
class LoadedFeeder:
    """All settings of the service."""

    own: FeederSettings
    common: Settings  # of which `COMMON` counts
    warnings: tuple[str, ...]

    @property
    def valkey_url(self) -> str:
        """Where to write, with the password that is set."""
        if self.common.valkey_address is not None:
            return self.common.valkey_address
        port = self.common.valkey_port
        url = f"redis://127.0.0.1:{port}" if port else LOCAL_VALKEY
        return with_password(url, self.common.valkey_password)


def load_feeder(
    flags: Mapping[str, object],
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> LoadedFeeder:
    """Read all sources, as `load` does for a server. Raises `ConfigError`."""
    environ = sources.process_environment() if environ is None else environ
    shared = {name: value for name, value in flags.items() if name not in FEEDER_ABOUT}
    common = load_only(COMMON, shared, environ, cwd)
    return LoadedFeeder(
        own=_own(_levels(flags, environ, Path() if cwd is None else cwd)),
        common=common.settings,
        warnings=common.warnings,
    )


def _levels(
    flags: Mapping[str, object], environ: Mapping[str, str], cwd: Path
) -> list[dict[str, Given]]:
    """What each source gives of the service's own settings, the strongest first."""
    path = cwd / ".env"
    dotenv = sources.read_dotenv(path, []) if path.is_file() else {}
    return [
        {n: Given(flags[n], flag_of(n)) for n in FEEDER_ABOUT if flags.get(n) is not None},
        _variables(environ, ""),
        _variables(dotenv, " in .env"),
    ]


def _variables(variables: Mapping[str, str], where: str) -> dict[str, Given]:
    return {
        name: Given(variables[variable], variable + where)
        for name, about in FEEDER_ABOUT.items()
        for variable in about.variables
        if variables.get(variable)
    }


def _own(levels: list[dict[str, Given]]) -> FeederSettings:
    if {"exchange", "oracle"} <= levels[0].keys():
        raise ConfigError("--exchange and --oracle are both given, but prices have one source")
    found: dict[str, Given] = {}
    for level in reversed(levels):
        if "exchange" in level and "oracle" not in level:
            found.pop("oracle", None)  # a stronger source asks for an exchange
        found.update(level)
    values = {name: read_value(name, given, FEEDER_ABOUT) for name, given in found.items()}
    return FeederSettings(**values)
