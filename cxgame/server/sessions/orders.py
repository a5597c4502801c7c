"""The commands that place and cancel orders: from a request to the engine's command and back."""

from typing import TYPE_CHECKING

import msgspec

from cxgame.engine.orders import Order
from cxgame.engine.state import Applied
from cxgame.game import Game
from cxgame.model.commands import ALL_MARKETS, CancelOrder, fingerprint
from cxgame.model.commands import CancelAll as CancelAllCommand
from cxgame.model.commands import PlaceOrder as PlaceOrderCommand
from cxgame.model.enums import OrderType, SelfTrade, Side, TimeInForce, Verb
from cxgame.model.errors import Code, Rejection, reject
from cxgame.model.events import Trade
from cxgame.server.sessions.host import GATEWAY
from cxgame.wire.money import MarketMoney, is_given
from cxgame.wire.params import ABSENT, OrderParams
from cxgame.wire.replies import NULL, done, json_list, refused
from cxgame.wire.requests import Buy, BuyMarket, Cancel, CancelAll, PlaceOrder, Sell, SellMarket
from cxgame.wire.rows import fill_row, order_row, taker_row

if TYPE_CHECKING:
    from cxgame.server.sessions.session import Session

MAX_FILLS = 1_000  # in the reply to one order; all of them are in `fills`
MAX_ID_DIGITS = 18

SIDES = {"buy": Side.BUY, "sell": Side.SELL}
TIMES_IN_FORCE = {word.name.lower(): word for word in TimeInForce}
SELF_TRADES = {word.name.lower(): word for word in SelfTrade}
_LIMIT, _MARKET = OrderType.LIMIT, OrderType.MARKET
_BUY, _SELL = Side.BUY, Side.SELL


def buy(session: "Session", request: Buy) -> bytes:
    """A maker's limit buy."""
    return _limit_order(session, request, "buy", Verb.BUY, _BUY)


def sell(session: "Session", request: Sell) -> bytes:
    """A maker's limit sell."""
    return _limit_order(session, request, "sell", Verb.SELL, _SELL)


def buy_market(session: "Session", request: BuyMarket) -> bytes:
    """Spend an amount of quote."""
    params = request.params
    money = session.host.money_of(params.symbol)
    if isinstance(money, Rejection):
        return refused("buy_market", money, request.id)
    budget = money.budget(params.amount, "amount")
    if isinstance(budget, Rejection):
        return refused("buy_market", budget, request.id)
    command = PlaceOrderCommand(
        session.account,
        money.market.id,
        Verb.BUY_MARKET,
        _BUY,
        _MARKET,
        budget=str(budget),
        cid=params.cid or "",
    )
    return _place(session, request, "buy_market", command, money)


def sell_market(session: "Session", request: SellMarket) -> bytes:
    """Sell an amount of base."""
    params = request.params
    money = session.host.money_of(params.symbol)
    if isinstance(money, Rejection):
        return refused("sell_market", money, request.id)
    quantity = money.lots(params.amount, "amount")
    if isinstance(quantity, Rejection):
        return refused("sell_market", quantity, request.id)
    command = PlaceOrderCommand(
        session.account,
        money.market.id,
        Verb.SELL_MARKET,
        _SELL,
        _MARKET,
        quantity=quantity,
        cid=params.cid or "",
    )
    return _place(session, request, "sell_market", command, money)


def place_order(session: "Session", request: PlaceOrder) -> bytes:
    """Any order."""
    params = request.params
    money = session.host.money_of(params.symbol)
    if type(money) is Rejection:
        return refused("order", money, request.id)
    price, quantity, budget = _limit_numbers(params, money)
    if not quantity:
        numbers = _numbers(params, money)
        if type(numbers) is Rejection:
            return refused("order", numbers, request.id)
        price, quantity, budget = numbers
    command = PlaceOrderCommand(
        session.account,
        money.market.id,
        Verb.ORDER,
        SIDES[params.side],
        _LIMIT if params.type == "limit" else _MARKET,
        price,
        quantity,
        budget,
        TIMES_IN_FORCE[params.time_in_force or "gtc"],
        params.post_only or False,
        SELF_TRADES[params.stp] if params.stp else None,
        params.cid or "",
    )
    return _place(session, request, "order", command, money)


def cancel(session: "Session", request: Cancel) -> bytes:
    """Cancel one order."""
    key = str(request.params.order_id)
    if not (key.isascii() and key.isdigit() and len(key) <= MAX_ID_DIGITS):
        return refused("cancel", reject(Code.ORDER_NOT_FOUND, got=key), request.id)
    command = CancelOrder(session.account, int(key))
    applied = session.host.game.submit(command, GATEWAY, session.id, request.id)
    if applied.rejection is not None:
        return refused("cancel", applied.rejection, request.id)
    return done("cancel", NULL, request.id)


def cancel_all(session: "Session", request: CancelAll) -> bytes:
    """Cancel all orders, of one market or side if given."""
    params = request.params
    market = ALL_MARKETS
    if params.symbol is not None:
        money = session.host.money_of(params.symbol)
        if isinstance(money, Rejection):
            return refused("cancel_all", money, request.id)
        market = money.market.id
    side = None if params.side is None else SIDES[params.side]
    command = CancelAllCommand(session.account, market, side)
    applied = session.host.game.submit(command, GATEWAY, session.id, request.id)
    if applied.rejection is not None:
        return refused("cancel_all", applied.rejection, request.id)
    ids = json_list([f'"{id}"' for id in applied.cancelled])
    return done("cancel_all", f'{{"cancelled":{ids}}}', request.id)


def _limit_order(
    session: "Session", request: Buy | Sell, name: str, verb: Verb, side: Side
) -> bytes:
    params = request.params
    money = session.host.money_of(params.symbol)
    if isinstance(money, Rejection):
        return refused(name, money, request.id)
    price = money.ticks(params.price)
    if isinstance(price, Rejection):
        return refused(name, price, request.id)
    quantity = money.lots(params.size)
    if isinstance(quantity, Rejection):
        return refused(name, quantity, request.id)
    command = PlaceOrderCommand(
        session.account,
        money.market.id,
        verb,
        side,
        _LIMIT,
        price,
        quantity,
        cid=params.cid or "",
    )
    return _place(session, request, name, command, money)


def _limit_numbers(params: OrderParams, money: MarketMoney) -> tuple[int, int, str]:
    """As `_numbers` for what nearly every order is, a sound limit order; else quantity 0."""
    if params.type == "limit" and params.amount is ABSENT:
        if params.price is not ABSENT and params.size is not ABSENT:
            price, quantity = money.ticks(params.price), money.lots(params.size)
            if type(price) is int and type(quantity) is int:
                return price, quantity, ""
    return 0, 0, ""


def _numbers(params: OrderParams, money: MarketMoney) -> tuple[int, int, str] | Rejection:
    """Price in ticks, quantity in lots, budget in units as text; what does not apply is empty."""
    by_budget = is_given(params.amount)
    if params.type == "limit":
        if not is_given(params.price):
            return reject(Code.PARAM_MISSING, name="price")
        if by_budget:
            return reject(Code.PARAM_UNKNOWN, name="amount")
        price = money.ticks(params.price)
        if isinstance(price, Rejection):
            return price
    else:
        misfit = _market_misfit(params, by_budget)
        if misfit:
            return reject(Code.PARAM_UNKNOWN, name=misfit)
        price = 0
    if by_budget:
        budget = money.budget(params.amount, "amount")
        return budget if isinstance(budget, Rejection) else (0, 0, str(budget))
    if not is_given(params.size):
        return reject(Code.PARAM_MISSING, name="size")
    quantity = money.lots(params.size)
    return quantity if isinstance(quantity, Rejection) else (price, quantity, "")


def _market_misfit(params: OrderParams, by_budget: bool) -> str:
    """The name of a field that means nothing to this market order; "" if all do."""
    if is_given(params.price):
        return "price"
    if params.post_only:
        return "post_only"
    if by_budget and params.side == "sell":
        return "amount"
    return "size" if by_budget and is_given(params.size) else ""


def _place(
    session: "Session",
    request: Buy | Sell | BuyMarket | SellMarket | PlaceOrder,
    name: str,
    command: PlaceOrderCommand,
    money: MarketMoney,
) -> bytes:
    """Submit an order and answer with what became of it."""
    if command.cid:
        command = msgspec.structs.replace(command, fingerprint=fingerprint(command))
    game = session.host.game
    applied = game.submit(command, GATEWAY, session.id, request.id)
    order = applied.order
    if applied.rejection is not None:
        return refused(name, applied.rejection, request.id)
    more = ""
    if applied.replayed:
        more = ',"replayed":true'
        if order is None:  # so long over that only its id is known
            return done(name, f'{{"id":"{applied.order_id}"{more}}}', request.id)
    assert order is not None
    if name == "order":
        more += f',"fills":[{_fills(game, applied, order, money) if order.filled else ""}]'
    return done(name, order_row(order, money, session.name, more), request.id)


def _fills(game: Game, applied: Applied, order: Order, money: MarketMoney) -> str:
    """The fills of an order that was placed just now, or before under the same cid."""
    if applied.replayed:
        kept = game.recent.fills_of(order)[-MAX_FILLS:]
        return ",".join([fill_row(fill, money) for fill in kept])
    trades = [event for event in applied.events if type(event) is Trade][-MAX_FILLS:]
    return ",".join([taker_row(trade, order.wall_ms, money) for trade in trades])
