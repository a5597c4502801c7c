"""The command `cxgame load`: what is typed, as a job for the load."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from cxgame import config
from cxgame.config import ConfigError

_MOST_CLIENTS, _MOST_SECONDS, _MOST_RATE = 20_000, 86_400.0, 1_000_000.0


def register(app: App) -> None:
    """Add the command to the command line."""
    app.command(load, help_epilogue="")


def load(
    url: Annotated[str | None, Parameter(metavar="URL")] = None,
    /,
    *,
    profile: Literal["orders", "connections", "congestion"] = "orders",
    dialect: Literal["orders", "simulator", "simulator-rest"] | None = None,
    clients: Annotated[int | None, Parameter(metavar="N")] = None,
    seconds: Annotated[float | None, Parameter(metavar="T")] = None,
    rate: Annotated[float | None, Parameter(metavar="N")] = None,
    symbol: Annotated[str | None, Parameter(metavar="BASE/QUOTE")] = None,
    user: Annotated[str | None, Parameter(metavar="NAME")] = None,
    token_file: Annotated[Path | None, Parameter(metavar="FILE")] = None,
    json: Annotated[Path | None, Parameter(metavar="FILE")] = None,
    plot: Annotated[Path | None, Parameter(metavar="FILE")] = None,
    ssl_verify: bool | None = None,
) -> int:
    """Drive a server with load and measure it. The exit status is 1 if there were errors.

    Parameters
    ----------
    url
        The server: ws:// for the order server, ws://…/ws for the simulator, http:// for the
        simulator's REST. Without it CXGAME_URI, or else this computer.
    profile
        orders: orders and cancels at a high rate; connections: many that each do little;
        congestion: more than the server takes, with back-off.
    dialect
        What is spoken there; without it, what the URL looks like.
    clients
        Connections; without it, as many as the profile has.
    seconds
        How long; without it 10, for congestion 20.
    rate
        Messages a second of all clients together, due at fixed times; latency counts from then.
        0: each client sends when it was answered.
    symbol
        Market to trade; without it CXGAME_SYMBOL, or else the first of the game.
    user
        With a token, the name that all clients share (CXGAME_USER).
    token_file
        File with the user's token; without it CXGAME_TOKEN, or else users are made for the run.
    json
        Write the report as JSON.
    plot
        Write the course as a picture (SVG).
    ssl_verify
        Verify the certificate of a wss:// or https:// address.
    """
    from cxgame.load.dialect import CannotLoad, Target
    from cxgame.load.dialects import URLS, checked_url, dialect_of
    from cxgame.load.profiles import PROFILES, Plan
    from cxgame.load.program import Job, main

    told = config.bot_environment(symbol=symbol, user=user, ssl_verify=ssl_verify)
    token = _read(token_file) if token_file is not None else told.token
    here = told.uri if dialect is None else URLS[dialect]
    chosen = dialect or dialect_of(url or here)
    try:
        target = Target(
            checked_url(url or here, chosen), told.symbol, told.user, token, told.ssl_verify
        )
    except CannotLoad as error:
        raise ConfigError(str(error)) from None
    defaults = PROFILES[profile]
    plan = Plan(
        defaults,
        int(_within("clients", _or(clients, defaults.clients), 1, _MOST_CLIENTS)),
        _within("seconds", _or(seconds, defaults.seconds), 0.1, _MOST_SECONDS),
        _within("rate", _or(rate, defaults.rate), 0, _MOST_RATE),
    )
    if target.token and not target.user and chosen == "orders":
        raise ConfigError("a token needs the name of its user: --user, or CXGAME_USER")
    return main(Job(target, chosen, plan, json, plot))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the token in {path}: {error}") from None


def _or(given: float | None, default: float) -> float:
    return default if given is None else given


def _within(name: str, value: float, least: float, most: float) -> float:
    if not least <= value <= most:
        raise ConfigError(f"--{name} must be from {least:g} to {most:.15g}, not {value:.15g}")
    return value
