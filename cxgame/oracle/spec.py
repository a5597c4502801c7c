"""The text that names a price source: `[SYMBOL=]NAME[:key=value,...]`.

    gbm                                       every market without a source of its own
    gbm:price=60000,volatility=1.2,spread=5bp
    ETH/USD=mean_reversion:level=2500
    BTC/USD=valkey                            read what other programs write
    mymodels:Zigzag:step=2                    a class of yours, in mymodels.py

How it is read: a `=` before the first `:` ends the symbol. NAME is a model that comes with the
game, or `valkey`, or `module:Class`, of which the module may be dotted. What follows the next `:`
is the parameters, up to the end; a value holds no comma, but may hold `:` and `=`.
"""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from cxgame.oracle.base import PriceModel
from cxgame.oracle.models import Constant, Gbm, MeanReversion, RandomWalk
from cxgame.oracle.numbers import OracleError
from cxgame.oracle.parameters import GIVEN
from cxgame.oracle.replay import Replay

MODELS: Mapping[str, type[PriceModel]] = {
    "constant": Constant,
    "random_walk": RandomWalk,
    "gbm": Gbm,
    "mean_reversion": MeanReversion,
    "replay": Replay,
}
VALKEY = "valkey"

_IDENTIFIER = r"[A-Za-z_][A-Za-z0-9_]*"
_SYMBOL = re.compile(r"[A-Za-z0-9]+/[A-Za-z0-9]+", re.ASCII)
_MODULE = re.compile(rf"{_IDENTIFIER}(\.{_IDENTIFIER})*", re.ASCII)
_KEY = re.compile(_IDENTIFIER, re.ASCII)


@dataclass(frozen=True, slots=True)
class OracleSpec:
    """A price source by name. `symbol` None: for every market that has none of its own."""

    symbol: str | None
    name: str  # a key of MODELS, "valkey", or "module:Class"
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_valkey(self) -> bool:
        """Prices are read from the store, not made here."""
        return self.name == VALKEY


DEFAULT = OracleSpec(None, "constant", {"price": "1000.00"})


def parse(text: str) -> OracleSpec:
    """Read a spec; raises `OracleError` with a plain sentence that quotes the text."""
    try:
        return _parse(text)
    except OracleError as error:
        raise OracleError(f"oracle {text!r}: {error}") from None


def describe(spec: OracleSpec) -> str:
    """Write a spec as text that `parse` reads back to the same."""
    symbol = f"{spec.symbol}=" if spec.symbol is not None else ""
    params = ",".join(f"{key}={value}" for key, value in spec.params.items())
    text = f"{symbol}{spec.name}:{params}" if params else symbol + spec.name
    if parse(text) != spec:  # made in code, with a comma in a value or the like
        raise OracleError(f"oracle {text!r} cannot be written as text")
    return text


def assign(specs: Iterable[OracleSpec], symbols: Sequence[str]) -> dict[str, OracleSpec]:
    """Give each market its source: its own, else the one without a symbol, else `DEFAULT`.

    The specs in the result name their symbol. Raises `OracleError` for a symbol that is no
    market and for two sources of the same one.
    """
    given: dict[str | None, OracleSpec] = {}
    for spec in specs:
        if spec.symbol is not None and spec.symbol not in symbols:
            raise OracleError(f"oracle {describe(spec)!r}: there is no market {spec.symbol}")
        if spec.symbol in given:
            market = spec.symbol or "all markets"
            raise OracleError(f"oracle {describe(spec)!r}: {market} has a source already")
        given[spec.symbol] = spec
    rest = given.get(None, DEFAULT)
    chosen = {symbol: given.get(symbol, rest) for symbol in symbols}
    return {symbol: OracleSpec(symbol, spec.name, spec.params) for symbol, spec in chosen.items()}


def build(spec: OracleSpec, symbol: str, seed: int, dt_s: float) -> PriceModel:
    """Make the model of a market; `dt_s` is the tick interval.

    Raises `OracleError` for parameters that the model refuses, a class that isn't there, and for
    `valkey`, which is no model.
    """
    if spec.is_valkey:
        raise OracleError("valkey is read from the store and has no model")
    try:
        model = MODELS.get(spec.name) or _load(spec.name)
        return model(symbol=symbol, seed=seed, dt_s=dt_s, **spec.params)
    except OracleError as error:
        raise OracleError(f"oracle {describe(spec)!r}: {error}") from None


def _parse(text: str) -> OracleSpec:
    symbol, rest = _split_symbol(text)
    name, _, params = rest.partition(":")
    if name not in MODELS and name != VALKEY:
        class_name, _, params = params.partition(":")
        if not _MODULE.fullmatch(name) or not _KEY.fullmatch(class_name):
            known = ", ".join((*MODELS, VALKEY))
            raise OracleError(f"{name!r} is no price source; use {known} or module:Class")
        name = f"{name}:{class_name}"
    if rest.endswith(":") and not params:
        raise OracleError("there is nothing after the last ':'")
    if params and name == VALKEY:
        raise OracleError("valkey takes no parameters")
    return OracleSpec(symbol, name, _parse_params(params))


def _split_symbol(text: str) -> tuple[str | None, str]:
    head = text.partition(":")[0]
    if "=" not in head:
        return None, text
    symbol, _, rest = text.partition("=")
    if not _SYMBOL.fullmatch(symbol):
        raise OracleError(f"{symbol!r} is no market; one reads like BTC/USD")
    return symbol, rest


def _parse_params(text: str) -> dict[str, str]:
    params: dict[str, str] = {}
    for part in text.split(",") if text else ():
        key, equals, value = part.partition("=")
        if not equals or not _KEY.fullmatch(key) or not value:
            raise OracleError(f"{part!r} is not key=value")
        if key in GIVEN:  # the server says these
            raise OracleError(f"there is no parameter {key!r}")
        if key in params:
            raise OracleError(f"{key} is given twice")
        params[key] = value
    return params


def _load(name: str) -> type[PriceModel]:
    """Import `module:Class`, from where Python finds modules or from the working directory."""
    module_name, _, class_name = name.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)  # last, so that no file of a player's hides an installed module
    try:
        module = import_module(module_name)
    except (ImportError, SyntaxError) as error:
        raise OracleError(f"{module_name} cannot be imported: {error}") from None
    model = getattr(module, class_name, None)
    if not isinstance(model, type) or not issubclass(model, PriceModel):
        raise OracleError(f"{module_name} has no subclass of cxgame.oracle.PriceModel {class_name}")
    return model
