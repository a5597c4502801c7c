"""The text of a price source is read strictly, and written back the same."""

import sys
from decimal import Decimal
from pathlib import Path

import pytest

from cxgame.oracle.models import Constant, Gbm
from cxgame.oracle.numbers import OracleError
from cxgame.oracle.spec import DEFAULT, MODELS, OracleSpec, assign, build, describe, parse


@pytest.mark.parametrize(
    ("text", "symbol", "name", "params"),
    [
        ("gbm", None, "gbm", {}),
        ("constant:price=1000.00", None, "constant", {"price": "1000.00"}),
        ("BTC/USD=gbm", "BTC/USD", "gbm", {}),
        (
            "ETH/USD=gbm:drift=-1e-3,spread=5bp",
            "ETH/USD",
            "gbm",
            {"drift": "-1e-3", "spread": "5bp"},
        ),
        ("valkey", None, "valkey", {}),
        ("BTC/USD=valkey", "BTC/USD", "valkey", {}),
        ("mymod:MyModel", None, "mymod:MyModel", {}),
        ("a.b_c:My:key=value", None, "a.b_c:My", {"key": "value"}),
        ("BTC/USD=mymod:MyModel:a=1,b=2", "BTC/USD", "mymod:MyModel", {"a": "1", "b": "2"}),
        (
            r"replay:file=C:\x y\p.csv,loop=true",
            None,
            "replay",
            {"file": r"C:\x y\p.csv", "loop": "true"},
        ),
        ("m:C:url=http://h:1/?a=b", None, "m:C", {"url": "http://h:1/?a=b"}),
    ],
)
def test_specs_read_and_print_the_same(
    text: str, symbol: str | None, name: str, params: dict[str, str]
) -> None:
    """Symbol, name and parameters are found, and `describe` gives the text back."""
    spec = parse(text)
    assert spec == OracleSpec(symbol, name, params)
    assert describe(spec) == text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "'' is no price source; use constant, "),
        ("gmb", "'gmb' is no price source"),
        ("gmb:price=3", "'gmb' is no price source"),
        ("my-mod:Model", "'my-mod' is no price source"),
        ("mymod:My.Model", "'mymod' is no price source"),
        ("mymod:", "'mymod' is no price source"),
        ("GBM", "'GBM' is no price source"),
        ("BTC=gbm", "'BTC' is no market"),
        ("=gbm", "'' is no market"),
        ("BTC/USD=", "'' is no price source"),
        ("BTC/USD/X=gbm", "is no market"),
        ("gbm:", "nothing after the last ':'"),
        ("mymod:My:", "nothing after the last ':'"),
        ("gbm:drift", "'drift' is not key=value"),
        ("gbm:drift=", "'drift=' is not key=value"),
        ("gbm:=1", "'=1' is not key=value"),
        ("gbm:drift=1,", "'' is not key=value"),
        ("gbm:drift=1,,price=2", "'' is not key=value"),
        ("gbm:drift=1, price=2", "' price=2' is not key=value"),
        ("gbm:symbol=X", "no parameter 'symbol'"),
        ("gbm:seed=1", "no parameter 'seed'"),
        ("gbm:drift=1,drift=2", "drift is given twice"),
        ("valkey:price=1", "valkey takes no parameters"),
    ],
)
def test_bad_specs_are_refused(text: str, sentence: str) -> None:
    """The sentence quotes the whole text and says what is wrong with it."""
    with pytest.raises(OracleError) as refused:
        parse(text)
    assert str(refused.value).startswith(f"oracle {text!r}: ")
    assert sentence in str(refused.value)


def test_a_spec_that_text_cannot_hold_is_not_described() -> None:
    """A comma inside a value would come back as two parameters."""
    with pytest.raises(OracleError, match="cannot be written"):
        describe(OracleSpec(None, "replay", {"file": "a,b=c.csv"}))


def test_every_market_gets_its_source() -> None:
    """Its own, else the one without a symbol, else a constant price."""
    specs = [parse("gbm"), parse("ETH/USD=constant:price=5")]
    assert assign(specs, ["BTC/USD", "ETH/USD"]) == {
        "BTC/USD": OracleSpec("BTC/USD", "gbm"),
        "ETH/USD": OracleSpec("ETH/USD", "constant", {"price": "5"}),
    }
    assert assign([], ["BTC/USD"]) == {"BTC/USD": parse("BTC/USD=constant:price=1000.00")}
    assert parse(describe(DEFAULT)) == DEFAULT


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (["gbm", "constant"], "'constant': all markets has a source already"),
        (["BTC/USD=gbm", "BTC/USD=gbm"], "BTC/USD has a source already"),
        (["XRP/USD=gbm"], "there is no market XRP/USD"),
    ],
)
def test_sources_must_fit_the_markets(texts: list[str], sentence: str) -> None:
    """Two sources of one market, or one of no market, are a mistake."""
    with pytest.raises(OracleError, match=sentence):
        assign([parse(text) for text in texts], ["BTC/USD"])


def test_build_makes_the_model_of_a_market() -> None:
    """Parameters, symbol, seed and interval arrive."""
    model = build(parse("gbm:price=60000,volatility=1.5"), "ETH/USD", 7, 0.25)
    assert isinstance(model, Gbm)
    assert (model.symbol, model.seed, model.dt_s) == ("ETH/USD", 7, 0.25)
    assert (model.price, model.volatility) == (Decimal(60000), 1.5)


@pytest.mark.parametrize("name", [name for name in MODELS if name != "replay"])
def test_every_model_builds_with_its_defaults(name: str) -> None:
    """A bare name is enough, and starts at 1000."""
    assert build(parse(name), "BTC/USD", 1, 1.0).first_price() == 1000


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("valkey", "valkey is read from the store"),
        ("gbm:volatility=-1", "oracle 'gbm:volatility=-1': volatility must lie"),
        ("no_such_module:Model", "no_such_module cannot be imported: No module named"),
        ("json:JSONDecoder", "json has no subclass of cxgame.oracle.PriceModel JSONDecoder"),
        ("json:Missing", "json has no subclass of cxgame.oracle.PriceModel Missing"),
        ("json:loads", "json has no subclass of cxgame.oracle.PriceModel loads"),
    ],
)
def test_what_cannot_be_built_is_refused(text: str, sentence: str) -> None:
    """Each mistake has its sentence."""
    with pytest.raises(OracleError) as refused:
        build(parse(text), "BTC/USD", 1, 1.0)
    assert sentence in str(refused.value)


def test_a_class_of_the_player_is_found_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`module:Class` works for a file beside which the server was started."""
    (tmp_path / "players_own_model.py").write_text(
        "from cxgame.oracle.models import Constant\nclass Mine(Constant):\n    step: int = 1\n"
    )
    (tmp_path / "players_bad_model.py").write_text("def broken(:\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    model = build(parse("players_own_model:Mine:step=4"), "BTC/USD", 1, 1.0)
    assert isinstance(model, Constant)
    assert vars(model)["step"] == 4
    assert sys.path[-1] == str(tmp_path), "no file of a player's hides an installed module"
    with pytest.raises(OracleError, match="players_bad_model cannot be imported: invalid syntax"):
        build(parse("players_bad_model:Mine"), "BTC/USD", 1, 1.0)
