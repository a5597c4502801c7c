"""The exchange is one of ccxt's own, in all three modules."""

import ccxt
import ccxt.async_support
import ccxt.pro
import pytest

import cxgame.ccxt
from cxgame.ccxt.about import ABOUT, WATCHES

TRIGGERS = (
    "Trigger",
    "Stop",
    "StopLimit",
    "StopMarket",
    "StopLoss",
    "TakeProfit",
    "TrailingAmount",
    "TrailingPercent",
)
MODULES = [ccxt, ccxt.async_support, ccxt.pro]


@pytest.mark.parametrize("module", MODULES)
def test_import_registers_it(module: object) -> None:
    """It is an attribute of the module and in its list, once however often it is registered."""
    cxgame.ccxt.register()
    assert issubclass(module.cxgame, module.Exchange)
    assert module.exchanges.count("cxgame") == 1


@pytest.mark.parametrize("module", MODULES)
def test_what_it_has_is_there(module: object) -> None:
    """Whatever `has` promises is a method that ccxt's base class does not have as it stands."""
    exchange = module.cxgame()
    promised = [name for name, value in exchange.has.items() if value is True]
    kinds = {"spot", "publicAPI", "privateAPI", "fetchTradingFee"}  # the last by fetchTradingFees
    made = {"createLimitOrder", "createMarketOrder", "createPostOnlyOrder"}  # by createOrder
    made |= {f"create{kind}Order" for kind in TRIGGERS}
    made |= {f"{does}OrderWithClientOrderId" for does in ("cancel", "edit", "fetch")}
    for name in set(promised) - kinds - made:
        own, base = getattr(type(exchange), name), getattr(module.Exchange, name, None)
        assert own is not base, name


def test_only_pro_watches() -> None:
    """The other two say that they don't."""
    for module, watches in zip(MODULES, (False, False, True), strict=True):
        exchange = module.cxgame()
        assert {exchange.has[name] for name in WATCHES} == {watches}
        assert exchange.pro is watches


def test_it_says_what_it_can_and_what_not() -> None:
    """Bots that ask are told the truth of triggers, and that there is nothing but spot."""
    has = ccxt.cxgame().has
    can = [f"create{kind}Order" for kind in TRIGGERS]
    cannot = ["createOrderWithTakeProfitAndStopLoss", "swap", "margin", "option"]
    assert [has[name] for name in (*can, *cannot)] == [True] * len(can) + [False] * len(cannot)
    told = ABOUT["features"]["spot"]["createOrder"]
    names = ("triggerPrice", "stopLossPrice", "takeProfitPrice", "trailing", "triggerDirection")
    assert {told[name] for name in names} == {True}
    assert told["attachedStopLossTakeProfit"] is None
