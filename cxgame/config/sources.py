"""Where settings come from: environment, `.env` and TOML, each read into one plain map.

Nothing is interpreted here but the form of the files: a source yields names and raw values, and
`cxgame.config.loading` decides which one holds.
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from cxgame.config.errors import ConfigError, nearest
from cxgame.config.settings import ABOUT

PREFIX = "CXGAME_"
# Variables of clients, bots and the page: no settings of the server, but not unknown to it either.
CLIENT_VARIABLES = frozenset(
    {"CXGAME_URI", "CXGAME_FEED_URI", "CXGAME_USER", "CXGAME_TOKEN", "CXGAME_EXCHANGE_URI"}
)
FAILPOINT_VARIABLE = "CXGAME_FAILPOINT"  # for tests alone, and in no list of settings

_ASSIGNMENT = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)", re.ASCII)
_NOTHING = re.compile(r"\s*(#.*)?")


class Given(NamedTuple):
    """A raw value and the place it came from, as a person would name it."""

    value: Any
    source: str


def process_environment() -> Mapping[str, str]:
    """The environment of this process. No other module of the package reads it."""
    return os.environ


def read_dotenv(path: Path, warnings: list[str]) -> dict[str, str]:
    """Read `NAME=value` lines; what is no such line is left out with a warning.

    A line that names a variable of ours is refused: other programs may share the file, but that
    one is meant for us.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(read_text(path).splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        match = _ASSIGNMENT.fullmatch(line)
        value = None if match is None else _unquote(match[2])
        if match is None or value is None:
            if line.removeprefix("export ").lstrip().startswith(PREFIX):
                raise ConfigError(f"{path} line {number} is not NAME=value")
            warnings.append(f"{path.name} line {number} is not NAME=value and was left out")
            continue
        found[match[1]] = value
    return found


def _unquote(text: str) -> str | None:
    """Take quotes and a comment away; None where more than a comment follows the quotes."""
    quoted = text.lstrip()
    for quote in ("'", '"'):
        if quoted.startswith(quote):
            inner, closed, behind = quoted[1:].partition(quote)
            if not closed:
                return quoted
            return inner if _NOTHING.fullmatch(behind) else None
    return re.split(r"\s+#", text, maxsplit=1)[0].strip()


def from_variables(variables: Mapping[str, str], where: str) -> dict[str, Given]:
    """The settings among variables; an empty value counts as not set."""
    found: dict[str, Given] = {}
    for name, variable in _spellings():
        if name not in found and variables.get(variable):
            found[name] = Given(variables[variable], variable + where)
    host = variables.get("VALKEY_HOST")
    if host and "valkey_url" not in found:
        if ":" in host and not host.startswith("["):  # an IPv6 address
            host = f"[{host}]"
        port = variables.get("VALKEY_PORT") or "6379"
        found["valkey_url"] = Given(f"redis://{host}:{port}", "VALKEY_HOST" + where)
    return found


def unknown_variables(variables: Mapping[str, str]) -> Iterator[str]:
    """A warning for each variable with our prefix that means nothing."""
    known = {variable for _, variable in _spellings()} | CLIENT_VARIABLES
    known |= {FAILPOINT_VARIABLE}
    for variable in sorted(variables):
        if variable.startswith(PREFIX) and variable not in known:
            yield f"{variable} is no setting{nearest(variable, sorted(known))}"


def secret_variables() -> Iterator[str]:
    """The variables that may hold a secret of the server."""
    for name, variable in _spellings():
        if ABOUT[name].is_secret or name == "admin_secret_file":
            yield variable


def _spellings() -> Iterator[tuple[str, str]]:
    """(setting, variable), our own spelling before the further ones."""
    for name, about in ABOUT.items():
        yield name, PREFIX + name.upper()
        for variable in about.variables:
            yield name, variable


def from_toml(path: Path) -> dict[str, Given]:
    """The settings in a TOML file; an unknown key is refused."""
    try:
        table = tomllib.loads(read_text(path))
    except ValueError as error:  # tomllib's own, or an integer beyond Python's limit of digits
        raise ConfigError(f"{path} is not valid TOML: {error}") from None
    except RecursionError:
        raise ConfigError(f"{path} is not valid TOML: it is nested too deeply") from None
    found: dict[str, Given] = {}
    for key, value in table.items():
        name = setting_name(key, f"in {path}")
        if name == "config":
            raise ConfigError(f"config cannot be set in {path}, which is the configuration itself")
        if name in found:
            raise ConfigError(f"{name} is set twice in {path}, under different spellings")
        found[name] = Given(value, str(path))
    return found


def setting_name(key: str, where: str) -> str:
    """The setting a keyword or TOML key means; raises `ConfigError` if there is none."""
    if key in ABOUT:
        return key
    for name, about in ABOUT.items():
        if key in about.keywords:
            return name
    raise ConfigError(f"{key!r} {where} is no setting{nearest(key, ABOUT)}")


def read_text(path: Path) -> str:
    """The text of a file, with or without the mark some editors begin it with (a BOM).

    Raises `ConfigError`.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"cannot read {path}: it is not UTF-8 text") from None
