"""What can be seen of settings before anything is begun, and would fail a start later on.

`cxgame.config` reads each setting by itself; here they are tried, as far as that touches nothing.
"""

from pathlib import Path

from cxgame.config import ConfigError, Loaded
from cxgame.oracle import OracleError, assign, build, parse
from cxgame.server.play.faults import deck_of

_ANY_MARKET = "BTC/USD"  # a source that names none is tried for this one


def check_sources(loaded: Loaded) -> None:
    """Refuse price sources that no market could have. Raises `ConfigError`."""
    if "oracle" not in loaded.given:
        return  # the default, or those of the game that is kept
    settings = loaded.settings
    try:
        specs = [parse(text) for text in settings.oracle]
        if "symbol" in loaded.given:  # else the markets may be those of the game that is kept
            assign(specs, settings.symbol)
        for spec in specs:
            if not spec.is_valkey:
                symbol = spec.symbol or _ANY_MARKET
                build(spec, symbol, settings.seed or 0, settings.tick_interval)
    except OracleError as error:
        raise ConfigError(str(error)) from None
    if settings.memory and any(spec.is_valkey for spec in specs):
        raise ConfigError(
            f"memory ({loaded.sources['memory']}) plays without a Valkey, so no price can be read "
            f"from one, as oracle ({loaded.sources['oracle']}) says"
        )


def check_faults(loaded: Loaded) -> None:
    """Refuse a deck that cannot be read. Raises `ConfigError`."""
    deck_of(loaded.settings)


def check_place(loaded: Loaded, name: str) -> None:
    """Refuse a file that is to be written where no file can be. Raises `ConfigError`."""
    path: Path | None = getattr(loaded.settings, name)
    if path is None:
        return
    where = f"{name} ({loaded.sources[name]})"
    if path.is_dir():
        raise ConfigError(f"{where} is {path}, which is a directory")
    if not path.parent.is_dir():
        raise ConfigError(f"{where} is to be in {path.parent}, which is no directory")
