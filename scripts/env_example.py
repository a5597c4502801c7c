"""Write `.env.example` from the settings themselves: `python scripts/env_example.py`.

Every setting that a deployment keeps is there, as a comment that shows its default, or an example
where there is none. Left out is what holds for a single start. A test compares the file with what
this would write, and takes every comment sign away to see that all of it is allowed.
"""

import textwrap
from pathlib import Path

from cxgame.cli_flags import default_text
from cxgame.config import ABOUT
from cxgame.config.about import GROUPS, About

FILE = Path(__file__).parent.parent / ".env.example"

# Said on the command line of the start that it is meant for, never for all starts to come.
ONE_START = {"fresh", "takeover", "accept_loss", "memory", "config"}

# Settings without a default need something to show.
EXAMPLES = {
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

# The names that other programs know as well, docker-compose.yml among them.
SHARED = {"valkey_url": "VALKEY_URL", "valkey_password": "VALKEY_PASSWORD"}

HEAD = """\
# Settings of the server. Copy this file to .env and take the leading # away where you want another
# value; as it stands it changes nothing. Flags and real variables of the environment come first.
# docs/configuration.md explains every setting, docs/deployment.md what a deployment needs.
# Written by scripts/env_example.py.

# ---- Containers ----

# Which image `docker compose up` runs: a release such as 0.3.0, or the one built last.
# VERSION=latest
"""


def text() -> str:
    """The whole file."""
    parts = [HEAD]
    for group in GROUPS:
        entries = [
            _entry(name, about) for name, about in ABOUT.items() if _kept(name, about, group)
        ]
        if entries:
            parts += [f"# ---- {group} ----\n", *entries]
    return "\n".join(parts)


def variable(name: str) -> str:
    """The variable that a setting stands under in this file."""
    return SHARED.get(name, f"CXGAME_{name.upper()}")


def _kept(name: str, about: About, group: str) -> bool:
    return about.group == group and name not in ONE_START


def _entry(name: str, about: About) -> str:
    default = default_text(name)
    said = about.help if default else f"{about.help} Not set; for example:"
    comment = textwrap.fill(said, 100, initial_indent="# ", subsequent_indent="# ")
    return f"{comment}\n# {variable(name)}={default or EXAMPLES[name]}\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
