"""The settings that only `cxgame page` has, the program that serves the pages alone.

Where feed and order server of a server in the same folder are, the key of its prices, certificate,
ready file and logging are settings of the server as well, and defined there. The variables are
those of other dashboards of the kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from cxgame.config import about as a
from cxgame.config import sources
from cxgame.config.about import About, setting
from cxgame.config.kinds import hosts, optional, seconds, text
from cxgame.config.loading import Loaded, flag_of, load_only, read_value
from cxgame.config.sources import Given

PAGE = "The page"

_FEED = text("an address such as ws://host:9876", "URI", r"wss?://[A-Za-z0-9.:\[\]-]+(/[^\s?#]*)?")
_API = text(
    "an address such as http://host:8000", "URL", r"https?://[A-Za-z0-9.:\[\]-]+(/[^\s?#]*)?"
)


@dataclass(frozen=True, kw_only=True)
class PageSettings:
    """Where the pages are, and what they show."""

    page_port: int = setting(
        8501,
        PAGE,
        a.PORT,
        "Port of the pages; 0 picks a free one and prints it.",
        variables=("PERISCOPE_PORT",),
    )
    page_bind: str | None = setting(
        None,
        PAGE,
        optional(hosts()),
        "Address to listen on; without it, that of the server in this folder.",
        variables=("PERISCOPE_BIND",),
    )
    feed_uri: str | None = setting(
        None,
        PAGE,
        optional(_FEED),
        "Feed to show, as the spectators' browsers reach it; without it, the feed's usual port on "
        "the host that they reach the page under.",
        variables=("CXGAME_FEED_URI",),
    )
    exchange_uri: str | None = setting(
        None,
        PAGE,
        optional(_FEED),
        "Order server that players play on, as their browsers reach it; without it, its usual port "
        "on the host that they reach the page under.",
        variables=("CXGAME_EXCHANGE_URI",),
    )
    api_uri: str | None = setting(
        None,
        PAGE,
        optional(_API),
        "Exchange whose prices are shown when a browser cannot reach the feed.",
        variables=("API_URL",),
    )
    refresh_seconds: float = setting(
        5.0,
        PAGE,
        seconds("1", "3600"),
        "How often prices are asked for while the feed cannot be reached.",
        variables=("REFRESH_SECONDS",),
    )


PAGE_ABOUT: dict[str, About] = {
    field.name: field.metadata["about"] for field in fields(PageSettings)
}
PAGE_DEFAULTS: dict[str, object] = {field.name: field.default for field in fields(PageSettings)}
# What it has in common with a server. With both started in one folder they find each other.
PAGE_COMMON = (
    *("config", "bind", "feed_port", "exchange_port", "title", "frame_ancestors", "api_key"),
    *("pem_file", "ready_file", "log_level", "log_file"),
)


@dataclass(frozen=True, kw_only=True)
class LoadedPage:
    """All settings of the program."""

    own: PageSettings
    common: Loaded  # of which `PAGE_COMMON` counts

    @property
    def hosts(self) -> list[str]:
        """The addresses to listen on."""
        return (self.own.page_bind or self.common.settings.bind).split(",")


def load_page(
    flags: Mapping[str, object],
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> LoadedPage:
    """Read all sources, as `load` does for a server. Raises `ConfigError`."""
    environ = sources.process_environment() if environ is None else environ
    shared = {name: value for name, value in flags.items() if name not in PAGE_ABOUT}
    common = load_only(PAGE_COMMON, shared, environ, cwd)
    path = (Path() if cwd is None else cwd) / ".env"
    dotenv = sources.read_dotenv(path, []) if path.is_file() else {}
    found = {
        **_variables(dotenv, " in .env"),
        **_variables(environ, ""),
        **{n: Given(flags[n], flag_of(n)) for n in PAGE_ABOUT if flags.get(n) is not None},
    }
    values = {name: read_value(name, given, PAGE_ABOUT) for name, given in found.items()}
    return LoadedPage(own=PageSettings(**values), common=common)


def _variables(variables: Mapping[str, str], where: str) -> dict[str, Given]:
    """The settings among variables; an empty value counts as not set."""
    return {
        name: Given(variables[variable], variable + where)
        for name, about in PAGE_ABOUT.items()
        for variable in about.variables
        if variables.get(variable)
    }
