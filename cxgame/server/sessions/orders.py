"""The commands that place orders: from a request to the engine's command and back."""

from typing import TYPE_CHECKING

from cxgame.engine.orders import Order
from cxgame.engine.state import Applied
from cxgame.engine.trying import dry_run
from cxgame.game import Game
from cxgame.model.commands import PlaceOrder as PlaceOrderCommand
from cxgame.model.enums import OrderStatus, OrderType, SelfTrade, Side, TimeInForce, Verb
from cxgame.model.errors import Code, Rejection, reject
from cxgame.model.events import Trade
from cxgame.model.fingerprints import fingerprint
from cxgame.server.sessions.host import GATEWAY
from cxgame.server.sessions.order_numbers import limit_numbers, numbers
from cxgame.server.sessions.owned import expiry, expiry_from
from cxgame.server.sessions.terms import Placing, lifetime_ms, marked, with_terms
from cxgame.server.sessions.triggers import with_trigger
from cxgame.wire.money import MarketMoney
from cxgame.wire.replies import done, done_saying, refused
from cxgame.wire.request_types import (
    Buy,
    BuyMarket,
    PlaceOrder,
    Sell,
    SellMarket,
)
from cxgame.wire.rows import fill_row, order_row, taker_row
from cxgame.wire.texts import VALIDATED

if TYPE_CHECKING:
    from cxgame.server.sessions.session import Session

MAX_FILLS = 1_000  # in the reply to one order; all of them are in `fills`

SIDES = {"buy": Side.BUY, "sell": Side.SELL}
TIMES_IN_FORCE: dict[str | None, TimeInForce] = {
    None: TimeInForce.GTC,
    **{word.name.lower(): word for word in TimeInForce},
}
SELF_TRADES = {word.name.lower(): word for word in SelfTrade}
_LIMIT, _MARKET = OrderType.LIMIT, OrderType.MARKET
_BUY, _SELL = Side.BUY, Side.SELL
_GTD = TimeInForce.GTD


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
    price, quantity, budget = limit_numbers(params, money)
    if not quantity:
        read = numbers(params, money)
        if type(read) is Rejection:
            return refused("order", read, request.id)
        price, quantity, budget = read
    time_in_force = TIMES_IN_FORCE[params.time_in_force]
    command = PlaceOrderCommand(
        session.account,
        money.market.id,
        Verb.ORDER,
        SIDES[params.side],
        _LIMIT if params.type == "limit" else _MARKET,
        price,
        quantity,
        budget,
        time_in_force,
        params.post_only or False,
        SELF_TRADES[params.stp] if params.stp else None,
        params.cid or "",
    )
    if (
        params.deadline_ms is not None
        or params.expires is not None
        or params.validate
        or time_in_force is _GTD
        or params.trigger is not None
        or params.trigger_price is not None
        or params.trigger_by is not None
        or params.trail is not None
        or params.trail_percent is not None
        or params.max_price is not None
    ):
        return _place_on_terms(session, request, command, money)
    return _place(session, request, "order", command, money)


def trade_rows(applied: Applied, wall_ms: int, money: MarketMoney) -> str:
    """What an order has taken just now."""
    trades = [event for event in applied.events if type(event) is Trade][-MAX_FILLS:]
    return ",".join([taker_row(trade, wall_ms, money) for trade in trades])


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


def _place_on_terms(
    session: "Session", request: PlaceOrder, command: PlaceOrderCommand, money: MarketMoney
) -> bytes:
    """An order with a time of its own or a trigger, or one that is only tried."""
    now_ms = session.host.clock.wall_ms()
    placing = with_trigger(command, request.params, money)
    if isinstance(placing, Rejection):
        return refused("order", placing, request.id)
    on_terms = with_terms(placing, request.params, now_ms)
    if isinstance(on_terms, Rejection):
        return refused("order", on_terms, request.id)
    if request.params.validate:
        return _tried(session, request, on_terms, money, now_ms)
    return _place(session, request, "order", on_terms, money)


def _tried(
    session: "Session",
    request: PlaceOrder,
    command: Placing,
    money: MarketMoney,
    now_ms: int,
) -> bytes:
    """Answer with what would become of an order; nothing does."""
    game = session.host.game
    if game.halted:  # since an earlier request of the same message
        return refused("order", reject(Code.STATE_HALTED), request.id)
    if command.cid and not command.fingerprint:
        command = marked(command, fingerprint(command))
    applied = dry_run(game.engine, command, now_ms)
    if applied.rejection is not None:
        return refused("order", applied.rejection, request.id)
    more = ',"validated":true'
    if applied.replayed:
        more = ',"replayed":true' + more
        if applied.order is None:
            return done_saying(VALIDATED, f'{{"id":"{applied.order_id}"{more}}}', request.id)
    order = applied.order
    assert order is not None
    if applied.replayed:
        more = expiry(game.engine, order) + more
    elif order.status is OrderStatus.OPEN and (lives_ms := lifetime_ms(command)):
        more = expiry_from(max(now_ms, game.engine.wall_ms), lives_ms) + more
    return done_saying(VALIDATED, order_row(order, money, session.name, more), request.id)


def _place(
    session: "Session",
    request: Buy | Sell | BuyMarket | SellMarket | PlaceOrder,
    name: str,
    command: Placing,
    money: MarketMoney,
) -> bytes:
    """Submit an order and answer with what became of it."""
    if command.cid and not command.fingerprint:
        command = marked(command, fingerprint(command))
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
    if session.guard is not None:
        session.guard.add(order.id, game.engine.accounts[session.account].orders)
    if name == "order":
        if order.expires_ns:
            more = expiry(game.engine, order) + more
        more += f',"fills":[{_fills(game, applied, order, money) if order.filled else ""}]'
    return done(name, order_row(order, money, session.name, more), request.id)


def _fills(game: Game, applied: Applied, order: Order, money: MarketMoney) -> str:
    """The fills of an order that was placed just now, or before under the same cid.

    One that came just now has rested already where a trigger that it fired has met it.
    """
    if applied.replayed or order.maker_value:
        kept = game.recent.fills_of(order)[-MAX_FILLS:]
        return ",".join([fill_row(fill, money) for fill in kept])
    return trade_rows(applied, order.wall_ms, money)
