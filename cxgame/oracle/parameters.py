"""Parameters of a price model: its annotated class attributes, set from `key=value`.

    class Zigzag(PriceModel):
        step: Decimal = Decimal("0.5")   # zigzag:step=2

A name without a default must be given. Names that begin with an underscore, `ClassVar`s and what
the base gives to every model are none of them.
"""

import re
import types
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar, Union, get_args, get_origin, get_type_hints

from cxgame.oracle.numbers import OracleError, Spread, read_decimal

# Attributes of every model, which a subclass may annotate all the same.
GIVEN = frozenset({"symbol", "seed", "dt_s", "index", "carry"})

_INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}


def read_parameters(cls: type, given: Mapping[str, object]) -> dict[str, object]:
    """The values in `given`, each read as its parameter's type.

    Text is parsed; other values count as the text they print as, so that code and command line
    accept the same. Raises `OracleError` for an unknown name, a missing one, or a bad value.
    """
    kinds = parameter_kinds(cls)
    for name in given:
        if name not in kinds:
            known = ", ".join(kinds)
            raise OracleError(f"there is no parameter {name!r}; there are: {known}")
    for name in kinds:
        if name not in given and not hasattr(cls, name):
            raise OracleError(f"the parameter {name!r} is missing")
    return {name: _read(name, kinds[name], value) for name, value in given.items()}


def parameter_kinds(cls: type) -> dict[str, type]:
    """Every parameter of a model class with its type, those of its bases first."""
    kinds = {}
    for name, hint in get_type_hints(cls).items():
        is_constant = hint is ClassVar or get_origin(hint) is ClassVar
        if name.startswith("_") or name in GIVEN or is_constant:
            continue
        kind = _without_none(hint)
        if kind not in _READERS:
            allowed = ", ".join(reader.__name__ for reader in _READERS)
            raise OracleError(
                f"{cls.__name__}.{name} cannot be a parameter: that is one of {allowed}. "
                "Annotate it as ClassVar, or begin its name with an underscore"
            )
        kinds[name] = kind
    return kinds


def _without_none(hint: Any) -> Any:
    if get_origin(hint) not in (Union, types.UnionType):
        return hint
    kinds = [kind for kind in get_args(hint) if kind is not types.NoneType]
    return kinds[0] if len(kinds) == 1 else hint


def _read(name: str, kind: type, value: object) -> object:
    if value is None:
        return None
    text = str(value).lower() if isinstance(value, bool) else str(value)
    try:
        return _READERS[kind](text)
    except OracleError as error:
        raise OracleError(f"{name}: {error}") from None


def _read_float(text: str) -> float:
    return float(read_decimal(text))


def _read_int(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise OracleError(f"{text!r} is not a whole number")
    return int(text)


def _read_bool(text: str) -> bool:
    if text not in _BOOLEANS:
        raise OracleError(f"{text!r} is neither true nor false")
    return _BOOLEANS[text]


_READERS: dict[Any, Callable[[str], object]] = {
    Decimal: read_decimal,
    float: _read_float,
    int: _read_int,
    bool: _read_bool,
    str: str,
    Spread: Spread.parse,
}
