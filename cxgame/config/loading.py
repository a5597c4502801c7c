"""From sources to settings: which value holds, whether it is allowed, and what else was said.

A flag comes before the environment, that before `.env`, that before the TOML file, that before
the preset, that before the default. Which settings were *given* at all is kept: at a restart a
setting that was not given, be it in a preset, keeps the value of the journal.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxgame.config import sources
from cxgame.config.about import About
from cxgame.config.agreement import check_agreement
from cxgame.config.errors import ConfigError
from cxgame.config.kinds import Refused
from cxgame.config.presets import PRESETS
from cxgame.config.settings import ABOUT, Settings
from cxgame.config.simulator import Config
from cxgame.config.simulator_settings import PRESET as SIMULATOR
from cxgame.config.simulator_settings import settings_of
from cxgame.config.sources import Given

DEFAULT_FILE = "cxgame.toml"
JSON = ".json"  # how the name of a file of the simulator's configuration ends


@dataclass(frozen=True)
class Loaded:
    """Settings, and how they came about."""

    settings: Settings
    given: frozenset[str]  # names that some source set, be it to the default; no preset's
    sources: dict[str, str]  # name, given or of the preset → where it was said, for a person
    warnings: tuple[str, ...] = ()


def load(
    flags: Mapping[str, object],
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Loaded:
    """Read all sources. `flags` holds raw values by setting name, only those that were given.

    `environ` defaults to that of the process; `cwd` is where `.env` and `cxgame.toml` are looked
    for. Raises `ConfigError`.
    """
    warnings: list[str] = []
    return _build(_levels(flags, environ, cwd, warnings), tuple(warnings))


def load_admin_secret(
    file: str | None = None,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> str | None:
    """The admin secret alone, for who commands a server; other settings are not looked at."""
    flags = {} if file is None else {"admin_secret_file": file}
    names = ("admin_secret", "admin_secret_file")
    return load_only(names, flags, environ, cwd).settings.admin_secret


def load_only(
    names: Collection[str],
    flags: Mapping[str, object],
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Loaded:
    """Some settings alone, for who is no server; how they fit to the others is not looked at."""
    warnings: list[str] = []
    levels = [
        {name: level[name] for name in (*names, "preset") if name in level}
        for level in _levels(flags, environ, cwd, warnings)
    ]
    return _build(levels, tuple(warnings), check=False)


def from_keywords(**keywords: object) -> Loaded:
    """Settings from Python; pass only those that the caller was given. Raises `ConfigError`."""
    found: dict[str, Given] = {}
    for key, value in keywords.items():
        name = sources.setting_name(key, "among the keywords")
        if name in found:
            raise ConfigError(f"{name} is given twice, under different spellings")
        found[name] = Given(value, "keyword")
    return _build([found], ())


def from_config(config: Config, **keywords: object) -> Loaded:
    """Settings from a simulator's configuration in code; keywords are stronger. As above."""
    given = {name: Given(value, "keyword") for name, value in keywords.items()}
    return _build([given, given_by(config, "Config")], ())


def flag_of(name: str, value: object = None) -> str:
    """The flag that sets `name` (to `value`): `--usd-start`, `--no-started`."""
    return ("--no-" if value is False else "--") + name.replace("_", "-")


def _levels(
    flags: Mapping[str, object],
    environ: Mapping[str, str] | None,
    cwd: Path | None,
    warnings: list[str],
) -> list[dict[str, Given]]:
    """What each source gives, the strongest first."""
    environ = sources.process_environment() if environ is None else environ
    cwd = Path() if cwd is None else cwd
    dotenv_path = cwd / ".env"
    dotenv = sources.read_dotenv(dotenv_path, warnings) if dotenv_path.is_file() else {}
    warnings += sources.unknown_variables({**dotenv, **environ})
    levels = [
        {name: Given(value, flag_of(name, value)) for name, value in flags.items()},
        sources.from_variables(environ, ""),
        sources.from_variables(dotenv, " in .env"),
    ]
    path = _config_path(levels, cwd)
    if path is not None:
        levels.append(_in_file(path, levels))
    return levels


def _in_file(path: Path, stronger: list[dict[str, Given]]) -> dict[str, Given]:
    """The settings in a TOML file, or in a JSON file of the simulator's shape."""
    if path.suffix.lower() != JSON:
        return sources.from_toml(path)
    for level in stronger:
        preset = read_value("preset", level["preset"]) if "preset" in level else SIMULATOR
        if preset != SIMULATOR:
            raise ConfigError(
                f"config ({path}) is a configuration of the simulator, and preset "
                f"({level['preset'].source}) is {preset}: leave one of them out"
            )
    return given_by(Config.from_file(path), str(path))


def given_by(config: Config, source: str) -> dict[str, Given]:
    """The settings that a simulator's configuration stands for. Raises `ConfigError`."""
    return {
        name: Given(value, source if place == source else f"{place} in {source}")
        for name, (value, place) in settings_of(config, source).items()
    }


def _config_path(levels: list[dict[str, Given]], cwd: Path) -> Path | None:
    for level in levels:
        if "config" in level:
            return read_value("config", level["config"])  # type: ignore[no-any-return]
    path = cwd / DEFAULT_FILE
    return path if path.is_file() else None


def _build(
    levels: list[dict[str, Given]], warnings: tuple[str, ...], *, check: bool = True
) -> Loaded:
    _read_secret_file(levels)
    given: dict[str, Given] = {}
    for level in reversed(levels):
        given.update(level)
    found = {**_preset(given), **given}
    values = {name: read_value(name, each) for name, each in found.items()}
    settings = Settings(**values)
    origins = {name: each.source for name, each in found.items()}
    if check:
        check_agreement(settings, origins)
    return Loaded(settings, frozenset(given), origins, warnings)


def _preset(given: Mapping[str, Given]) -> dict[str, Given]:
    """The values of the preset that is named, if one is."""
    name = read_value("preset", given["preset"]) if "preset" in given else None
    values = {} if name is None else PRESETS[name]
    return {setting: Given(value, f"preset {name}") for setting, value in values.items()}


def read_value(name: str, given: Given, table: Mapping[str, About] = ABOUT) -> Any:
    """The value of a setting of a table; raises `ConfigError` if it is not of its kind."""
    about = table[name]
    try:
        return about.kind.read(given.value)
    except Refused as refused:
        raise ConfigError(_sentence(name, about, given, refused)) from None


def _sentence(name: str, about: About, given: Given, refused: Refused) -> str:
    subject = f"{name} ({given.source})"
    if refused.reason is not None:
        return f"{subject} {refused.reason}"
    if about.is_secret:
        return f"{subject} must be {about.kind.allowed}"
    return f"{subject} must be {about.kind.allowed}, not {_shown(given.value)}"


def _shown(value: object) -> str:
    try:
        if isinstance(value, list | tuple):
            text = ", ".join(map(repr, value))
        else:
            text = repr(value)
    except ValueError:  # an integer beyond Python's limit of digits
        return "what was given"
    return text if len(text) <= 60 else text[:57] + "..."


def _read_secret_file(levels: list[dict[str, Given]]) -> None:
    """Put the content of `admin_secret_file` where a secret of the same source would be."""
    for level in levels:
        if "admin_secret_file" not in level:
            if "admin_secret" in level:
                return  # a higher source than that of any file
            continue
        given = level["admin_secret_file"]
        path = read_value("admin_secret_file", given)
        if path is None:
            continue
        if "admin_secret" in level:
            raise ConfigError(f"admin_secret and admin_secret_file ({given.source}) are both given")
        level["admin_secret"] = Given(_secret_in(path), str(path))
        return


def _secret_in(path: Path) -> str:
    """The first line of a file that holds a secret; raises `ConfigError`."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise ConfigError(f"cannot read the secret in {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"cannot read the secret in {path}: it is not UTF-8 text") from None
    if not lines or not lines[0].strip():
        raise ConfigError(f"the first line of {path} is empty, where a secret was expected")
    return lines[0].strip()
