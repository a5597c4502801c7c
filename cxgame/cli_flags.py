"""The flags of the server, made from the settings: no setting is listed a second time.

A flag yields the raw text that was typed, or nothing when it was not given; `cxgame.config`
reads and checks it like the value of any other source.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any

from cyclopts import Group, Parameter
from cyclopts.help import ColumnSpec, DefaultFormatter, DescriptionRenderer, NameRenderer

from cxgame.config import ABOUT, DEFAULTS, ConfigError, flag_of
from cxgame.config.about import GROUPS, About
from cxgame.config.feeder import FEEDER
from cxgame.config.kinds import Refused
from cxgame.config.page import PAGE

_WIDEST = 32  # columns: "--max-registrations-per-minute N" in one line, also on 80
_LAYOUT = DefaultFormatter(
    column_specs=(
        ColumnSpec(renderer=NameRenderer(_WIDEST), style="cyclopts.name", max_width=_WIDEST),
        ColumnSpec(renderer=DescriptionRenderer(), overflow="fold"),
    )
)
_GROUPS = {
    name: Group(name, sort_key=index, help_formatter=_LAYOUT)
    for index, name in enumerate((FEEDER, PAGE, *GROUPS), 1)
}
_SWITCHES = frozenset(name for name, about in ABOUT.items() if about.kind.is_switch)


def with_settings(function: Callable[..., int]) -> Callable[..., int]:
    """Give a function that takes `**flags` one optional keyword for every setting."""
    return with_flags(ABOUT, DEFAULTS)(function)


def with_flags(
    table: Mapping[str, About], defaults: Mapping[str, object]
) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """The same for the settings of any table."""

    def wrap(function: Callable[..., int]) -> Callable[..., int]:
        return _with_keywords(function, table, defaults)

    return wrap


def plain_switches(tokens: Iterable[str]) -> list[str]:
    """The same command line with `--memory=on` as `--memory`, `--memory=off` as `--no-memory`.

    So a switch takes the words that its variable takes. Raises `ConfigError` for another one.
    """
    return [_plain(token) for token in tokens]


def default_text(name: str) -> str:
    """The default as a person would type it; empty where there is none."""
    return text_of(ABOUT[name], DEFAULTS[name])


def text_of(about: About, value: object) -> str:
    """A value as a person would type it; empty where there is none."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return (about.kind.separator or ",").join(map(str, value))
    return "" if value is None else str(value)


def _with_keywords(
    function: Callable[..., int], table: Mapping[str, About], defaults: Mapping[str, object]
) -> Callable[..., int]:
    function.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=None,
                annotation=_annotation(about, text_of(about, defaults[name])),
            )
            for name, about in table.items()
            if about.has_flag
        ],
        return_annotation=int,
    )
    return function


def _plain(token: str) -> str:
    flag, equals, word = token.partition("=")
    name = flag.removeprefix("--").removeprefix("no-").replace("-", "_")
    if not equals or not flag.startswith("--") or name not in _SWITCHES:
        return token
    if flag == flag_of(name, False):
        raise ConfigError(f"{flag} takes no value")
    try:
        return flag_of(name, ABOUT[name].kind.read(word))
    except Refused:
        raise ConfigError(
            f"{name} ({flag}) must be {ABOUT[name].kind.allowed}, not {word!r}"
        ) from None


def _annotation(about: About, default: str) -> Any:
    return Annotated[_type(about), _parameter(about, default)]


def _type(about: About) -> Any:
    if about.kind.is_switch:
        return bool | None
    return tuple[str, ...] | None if about.kind.separator else str | None


def _parameter(about: About, default: str) -> Parameter:
    return Parameter(
        group=_GROUPS[about.group],
        help=about.help,
        metavar=about.kind.metavar or None,
        choices=about.kind.choices or None,
        show_default=default or False,
        negative=None if about.kind.is_switch else (),
    )
