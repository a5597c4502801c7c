"""Write `.env.example` from the settings themselves: `python scripts/env_example.py`.

Every setting that a deployment keeps is there, as a comment that shows its default, or an example
where there is none. Left out is what holds for a single start. A test compares the file with what
this would write, and takes every comment sign away to see that all of it is allowed.
"""

import textwrap
from collections.abc import Mapping
from pathlib import Path

from cxgame.cli_flags import default_text, text_of
from cxgame.config import ABOUT, FEEDER_ABOUT, FEEDER_DEFAULTS
from cxgame.config.about import GROUPS, About
from cxgame.config.mockx import MOCKX_ABOUT, MOCKX_DEFAULTS
from cxgame.config.page import PAGE_ABOUT, PAGE_DEFAULTS

FILE = Path(__file__).parent.parent / ".env.example"

# Said on the command line of the start that it is meant for, never for all starts to come.
ONE_START = {"fresh", "takeover", "accept_loss", "memory", "config"}

# Settings without a default need something to show.
EXAMPLES = {
    "fault_seed": "42",
    "faults": "deck.toml",
    "frame_ancestors": "self",
    "grants": "USD=100000,BTC=10",
    "http_bind": "127.0.0.1",
    "pem_file": "server.pem",
    "user_limit": "30",
    "time_limit": "3600",
    "whitelist": "red=alice+bob,blue=carol",
    "ticker_max_age": "120",
    "api_key": "choose-your-own",
    "cash_asset": "USDT",
    "preset": "mockx",
    "admin_secret": "choose-your-own",
    "admin_secret_file": "admin-secret.txt",
    "seed": "42",
    "bots": "maker,random:2,momentum",
    "results": "results.csv",
    "valkey_url": "redis://127.0.0.1:6379/0",
    "valkey_port": "6380",
    "valkey_password": "choose-your-own",
    "log_file": "cxgame.log",
    "ready_file": "ready.json",
}

# Told by another entry of the file.
OTHERS = {"API_URL"}

# Settings of the services and commands beside the server.
EXAMPLES_BESIDE = {
    "page_bind": "127.0.0.1",
    "feed_uri": "ws://127.0.0.1:9876",
    "symbols": "BTC/USDT,ETH/USDT",
    "quotes": "USDT,EUR",
    "interval": "10",
    "oracle": "gbm:price=60000",
}

HEAD = """\
# Settings of the server and of what runs beside it. Copy this file to .env and take the leading #
# away where you want another value; as it stands it changes nothing. Flags and real variables of
# the environment come first. What a preset says differs from the defaults that are shown here.
# docs/configuration.md explains every setting, docs/deployment.md what a deployment needs.
# Written by scripts/env_example.py.

# ---- Containers ----

# Which image `docker compose up` runs: a release such as 0.3.0, or the one built last.
# VERSION=latest
"""


# What no single setting is.
BESIDE = """\
# Both fees at once, CXGAME_MAKER_FEE and CXGAME_TAKER_FEE.
# COMMISSION=0

# Where Valkey is: the same as VALKEY_URL=redis://127.0.0.1:6379. The port alone is that of the
# Valkey which `make start-mockx` and docker-compose.mockx.yml start.
# VALKEY_HOST=127.0.0.1
# VALKEY_PORT=6379
"""

TESTS = """\
# ---- Tests ----

# Which exchange the tests over HTTP are held against, instead of one of their own. Not set; for
# example:
# URL_API=http://localhost:8000
"""


def text() -> str:
    """The whole file."""
    parts = [HEAD]
    for group in GROUPS:
        entries = [
            _entry(about, variable(name), default_text(name), EXAMPLES.get(name, ""))
            for name, about in ABOUT.items()
            if _kept(name, about, group)
        ]
        if entries:
            parts += [f"# ---- {group} ----\n", *entries]
    parts += ["# ---- In other words ----\n", BESIDE]
    parts += ["# ---- The price service, `cxgame oracle` ----\n"]
    parts += _beside(FEEDER_ABOUT, FEEDER_DEFAULTS)
    page = {name: about for name, about in PAGE_ABOUT.items() if about.variables[0] not in OTHERS}
    parts += ["# ---- The page alone, `cxgame page` ----\n", *_beside(page, PAGE_DEFAULTS)]
    mockx = {name: about for name, about in MOCKX_ABOUT.items() if name not in ABOUT}
    parts += ["# ---- The command `mockx` ----\n", *_beside(mockx, MOCKX_DEFAULTS), TESTS]
    return "\n".join(parts)


def variable(name: str) -> str:
    """The variable that a setting stands under: the one that other programs know as well."""
    others = [about for about in ABOUT.values() if about is not ABOUT[name]]
    taken = {variable for about in others for variable in about.variables}
    free = [variable for variable in ABOUT[name].variables if variable not in taken]
    return free[0] if free else f"CXGAME_{name.upper()}"


def _kept(name: str, about: About, group: str) -> bool:
    return about.group == group and name not in ONE_START


def _beside(table: Mapping[str, About], defaults: Mapping[str, object]) -> list[str]:
    """The entries of a program that has settings of its own."""
    return [
        _entry(
            about,
            about.variables[0],
            text_of(about, defaults[name]),
            EXAMPLES_BESIDE.get(name, ""),
        )
        for name, about in table.items()
    ]


def _entry(about: About, variable: str, default: str, example: str) -> str:
    said = about.help if default else f"{about.help} Not set; for example:"
    comment = textwrap.fill(said, 100, initial_indent="# ", subsequent_indent="# ")
    return f"{comment}\n# {variable}={default or example}\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
