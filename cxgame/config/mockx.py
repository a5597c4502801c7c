"""The settings of the command `mockx`: which server it asks, with which key, for how long.

Their variables carry no prefix: so programs of the same kind call them, and one file `.env` serves
server and command alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit

from cxgame.config import sources
from cxgame.config.about import About, setting
from cxgame.config.kinds import Kind, Refused, seconds, text
from cxgame.config.loading import flag_of, read_value
from cxgame.config.sources import Given

MOCKX = "Which server"

# Printable ASCII: what a header can carry. A secret is not shown where it is refused.
_KEY = text("printable ASCII characters without a blank", "KEY", r"[\x21-\x7e]+")


def _address() -> Kind:
    """An HTTP address, with a path in front of the server's own or without."""
    allowed = "an address such as http://localhost:8000"
    plain = text(allowed, "URL", r"https?://[^\s@?#]+")

    def read(value: object) -> str:
        url: str = plain.read(value)
        try:
            parts = urlsplit(url)
            usable = bool(parts.hostname) and parts.port != 0
        except ValueError:  # an unfinished bracket, a port that is no number
            usable = False
        if not usable:
            raise Refused
        return url.rstrip("/")

    return Kind(allowed, "URL", read)


@dataclass(frozen=True, kw_only=True)
class MockxSettings:
    """Where requests go, and as whom."""

    api_url: str = setting(
        "http://localhost:8000",
        MOCKX,
        _address(),
        "Address of the server.",
        variables=("API_URL",),
    )
    api_key: str = setting(
        "invalid-key",
        MOCKX,
        _KEY,
        "What the server knows you by: its key, or a player's token.",
        variables=("API_KEY",),
        is_secret=True,
        has_flag=False,
    )
    api_timeout: float = setting(
        10.0,
        MOCKX,
        seconds("0.001", "3600"),
        "How long the server may keep silent.",
        variables=("API_TIMEOUT_SEC",),
    )


MOCKX_ABOUT: dict[str, About] = {
    field.name: field.metadata["about"] for field in fields(MockxSettings)
}
MOCKX_DEFAULTS: dict[str, object] = {field.name: field.default for field in fields(MockxSettings)}


def load_mockx(
    flags: Mapping[str, object],
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> MockxSettings:
    """Flags, else the environment, else `.env` in `cwd`, else the default.

    `flags` holds raw values by setting name; None was not given. Raises `ConfigError`.
    """
    environ = sources.process_environment() if environ is None else environ
    path = (Path() if cwd is None else cwd) / ".env"
    dotenv = sources.read_dotenv(path, []) if path.is_file() else {}
    found = {
        **_variables(dotenv, " in .env"),
        **_variables(environ, ""),
        **{n: Given(flags[n], flag_of(n)) for n in MOCKX_ABOUT if flags.get(n) is not None},
    }
    values = {name: read_value(name, given, MOCKX_ABOUT) for name, given in found.items()}
    return MockxSettings(**values)


def _variables(variables: Mapping[str, str], where: str) -> dict[str, Given]:
    """The settings among variables; an empty value counts as not set."""
    return {
        name: Given(variables[variable], variable + where)
        for name, about in MOCKX_ABOUT.items()
        for variable in about.variables
        if variables.get(variable)
    }
