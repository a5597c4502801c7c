"""The whitelist: who may play, and in which team.

It may be a text (`alice,bob` or `red=alice+bob,blue=carol`), a file with such entries, one or
several a line, or in TOML and Python a list of users or a map of teams. All become a map of
team to users, in which the team "" holds those who play alone.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from cxgame.config.errors import ConfigError
from cxgame.config.kinds import Kind, Refused

Teams = dict[str, tuple[str, ...]]

ALONE = ""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}", re.ASCII)
_RULE = "use 1 to 32 of A-Z a-z 0-9 _ . - and begin with a letter or digit"
_RESERVED = frozenset({"house", "mockx", "admin", "system"})
_FILE_ENDINGS = (".txt", ".csv", ".list")  # a misspelled file must not become a user
MAX_FILE_BYTES = 1_000_000


def whitelist() -> Kind:
    """The kind of the setting `whitelist`."""
    allowed = "a file, or users such as alice,bob, or teams such as red=alice+bob,blue=carol"
    return Kind(allowed, "USERS", read_whitelist)


def named_players(text: str) -> dict[str, list[str]]:
    """Names on a command line as a map of team to users; raises `ConfigError`."""
    try:
        return {team: [*users] for team, users in read_whitelist(text).items()}
    except Refused as error:
        raise ConfigError(f"the list {error}") from None


def read_whitelist(value: object) -> Teams:
    """Turn any form of a whitelist into a map of team to users; raises `Refused`."""
    teams: dict[str, list[str]] = {}
    seen: set[str] = set()
    for team, user in _entries(value):
        if team != ALONE and not _NAME.fullmatch(team):
            raise Refused(f"names a team {team!r}; {_RULE}")
        if not _NAME.fullmatch(user):
            raise Refused(f"names a user {user!r}; {_RULE}")
        if user.casefold() in _RESERVED:
            raise Refused(f"names {user!r}, which the server keeps for itself")
        if user.casefold() in seen:
            raise Refused(f"names {user!r} twice")
        seen.add(user.casefold())
        teams.setdefault(team, []).append(user)
    if not teams:
        raise Refused("names nobody")
    return {team: tuple(users) for team, users in teams.items()}


def _entries(value: object) -> Iterator[tuple[str, str]]:
    """Yield (team, user) from any of the forms."""
    if isinstance(value, Path):
        yield from _file_entries(value)
    elif isinstance(value, str):
        if "/" in value or value.endswith(_FILE_ENDINGS) or _is_file(value):
            yield from _file_entries(Path(value))
        else:
            yield from _text_entries(value)
    elif isinstance(value, Mapping):
        for team, users in value.items():
            for user in users if isinstance(users, list | tuple) else [users]:
                yield _name(team), _name(user)
    elif isinstance(value, list | tuple):
        for user in value:
            yield ALONE, _name(user)
    else:
        raise Refused


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except OSError:  # a class by name is longer than a file's name may be
        return False


def _name(value: object) -> str:
    if not isinstance(value, str):
        raise Refused(f"holds {value!r}, which is not a text")
    return value


def _text_entries(text: str) -> Iterator[tuple[str, str]]:
    for entry in filter(None, (part.strip() for part in text.split(","))):
        team, equals, users = entry.rpartition("=")
        for user in users.split("+"):
            yield (team.strip() if equals else ALONE), user.strip()


def _file_entries(path: Path) -> Iterator[tuple[str, str]]:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
        text = content.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise Refused(f"cannot be read from {str(path)!r}: {reason}") from None
    if len(content) > MAX_FILE_BYTES:
        raise Refused(f"is a file of more than {MAX_FILE_BYTES} bytes")
    for line in text.splitlines():
        yield from _text_entries(line.partition("#")[0])
