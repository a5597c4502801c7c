"""Orders, fills, markets, wallets and books as JSON text, field by field.

Written by hand because every order's reply passes here: an f-string of texts that need no
escaping takes a third of the time of building an object and encoding it. User names, ids and
decimals are plain ASCII by their rules; symbols and cids are encoded.
"""

from collections.abc import Iterable
from functools import lru_cache

import msgspec

from cxgame.model.enums import OrderStatus, OrderType, Role, Side, TimeInForce, Verb
from cxgame.model.events import Trade
from cxgame.model.market import Market
from cxgame.wire.money import MarketMoney, base_text, quote_text
from cxgame.wire.row_states import CandleState, FillState, Holding, OrderState, TradeState
from cxgame.wire.triggers import trigger_member

SIDE_WORDS = tuple(side.name.lower() for side in Side)
STATUS_WORDS = tuple(status.name.lower() for status in OrderStatus)
ROLE_WORDS = tuple(role.name.lower() for role in Role)
TIME_IN_FORCE_WORDS = tuple(word.name.lower() for word in TimeInForce)

# What a row calls its side, by verb and side: the market verbs keep their own words.
_SHOWN_SIDES = tuple(
    (verb.name.lower(),) * len(Side) if verb in (Verb.BUY_MARKET, Verb.SELL_MARKET) else SIDE_WORDS
    for verb in Verb
)
_LIMIT, _BUY = OrderType.LIMIT, Side.BUY  # looking up an enum's member costs as much as a format


def text(value: str) -> str:
    """Any text as a JSON string."""
    return msgspec.json.encode(value).decode()


@lru_cache(1_024)  # a batch of commands has one time
def seconds(wall_ms: int) -> str:
    """Milliseconds as a JSON number of seconds."""
    whole, rest = divmod(wall_ms, 1000)
    return f"{whole}.{rest:03d}"


def order_row(
    order: OrderState, money: MarketMoney, user: str, more: str = "", *, is_own: bool = True
) -> str:
    """An order; `more` is further members, each with a comma before it.

    The `cid` and the trigger are for its owner alone: they may tell a strategy.
    """
    trigger = order.trigger
    if trigger is not None and is_own:
        more = trigger_member(trigger, money) + more
    if order.cid and is_own:
        more = f',"cid":{text(order.cid)}{more}'
    taken = order.hold  # what went out of the wallet so far: held, or spent
    filled_size, average, fee = money.no_size, "null", "0.00"
    if order.filled:
        value, fees = order.value, order.fees
        taken += value + fees
        filled_size = money.size_text(order.filled)
        average = f'"{money.average_text(value, order.filled)}"'
        fee = quote_text(fees)
    status, symbol = STATUS_WORDS[order.status], money.symbol_json
    if order.type is not _LIMIT:
        size, rest = _market_members(order, money)
        price = f'"{money.price_text(order.price)}"'
        if trigger is not None and trigger.armed:  # it did not come to the market
            price = "null"
        return (
            f'{{"timestamp":{seconds(order.wall_ms)},"id":"{order.id}",{size}'
            f'"price":{price},"side":"{_SHOWN_SIDES[order.verb][order.side]}",'
            f'"status":"{status}","filled_size":"{filled_size}","user":"{user}",'
            f'"symbol":{symbol},{rest},"average_price":{average},"fee":"{fee}"{more}}}'
        )
    quantity = left = money.size_text(order.quantity)
    if order.left != order.quantity:
        left = money.size_text(order.left)
    used, side = "", "sell"
    if order.side is _BUY:
        used, side = f'"usd_used":"{quote_text(taken)}",', "buy"
    return (
        f'{{"timestamp":{seconds(order.wall_ms)},"id":"{order.id}","size":"{left}",{used}'
        f'"price":"{money.price_text(order.price)}","side":"{side}",'
        f'"status":"{status}","filled_size":"{filled_size}","user":"{user}",'
        f'"symbol":{symbol},"quantity":"{quantity}","type":"limit",'
        f'"time_in_force":"{TIME_IN_FORCE_WORDS[order.time_in_force]}",'
        f'"average_price":{average},"fee":"{fee}"{more}}}'
    )


def _market_members(order: OrderState, money: MarketMoney) -> tuple[str, str]:
    """What only market orders show, by budget or by quantity: before the price, and after."""
    if order.budget:
        return f'"amount":"{quote_text(order.budget)}",', '"quantity":null,"type":"market"'
    quantity = money.size_text(order.quantity)
    return f'"amount":"{quantity}",', f'"quantity":"{quantity}","type":"market"'


def fill_row(fill: FillState, money: MarketMoney) -> str:
    """One account's side of a trade."""
    id, buy, sell, side = fill.trade, fill.buy_order, fill.sell_order, fill.side
    price, lots, role = fill.price, fill.quantity, ROLE_WORDS[fill.role]
    return _fill(id, buy, sell, side, price, lots, quote_text(fill.fee), role, fill.wall_ms, money)


def taker_row(trade: Trade, wall_ms: int, money: MarketMoney) -> str:
    """The same of the taker's side, for the reply to his order."""
    side = trade.taker_side
    due = trade.buy_fee if side is _BUY else trade.sell_fee
    fee = "0.00" if due == "0" else quote_text(int(due))
    id, buy, sell, price = trade.trade, trade.buy_order, trade.sell_order, trade.price
    return _fill(id, buy, sell, side, price, trade.quantity, fee, "taker", wall_ms, money)


def _fill(
    id: int,
    buy: int,
    sell: int,
    side: Side,
    price: int,
    lots: int,
    fee: str,
    role: str,
    wall_ms: int,
    money: MarketMoney,
) -> str:
    return (
        f'{{"fill_id":"{id}","filled_size":"{money.size_text(lots)}",'
        f'"price":"{money.price_text(price)}","buy_id":"{buy}","sell_id":"{sell}",'
        f'"side":"{SIDE_WORDS[side]}","fee":"{fee}","role":"{role}",'
        f'"order_id":"{buy if side is _BUY else sell}","timestamp":{seconds(wall_ms)},'
        f'"symbol":{money.symbol_json}}}'
    )


def public_trade_row(trade: TradeState, money: MarketMoney) -> str:
    """A trade, in the words of the feed's `match`."""
    return (
        f'{{"trade_id":"{trade.trade}","timestamp":{seconds(trade.wall_ms)},'
        f'"symbol":{money.symbol_json},"price":"{money.price_text(trade.price)}",'
        f'"size":"{money.size_text(trade.quantity)}","side":"{SIDE_WORDS[trade.taker_side]}",'
        f'"buy_id":"{trade.buy_order}","sell_id":"{trade.sell_order}"}}'
    )


def candle_row(candle: CandleState, money: MarketMoney, is_closed: bool) -> str:
    """A candle; it is closed when its interval is over."""
    price_text = money.price_text
    return (
        f'{{"timestamp":{candle.start}.000,"open":"{price_text(candle.open)}",'
        f'"high":"{price_text(candle.high)}","low":"{price_text(candle.low)}",'
        f'"close":"{price_text(candle.close)}","volume":"{money.size_text(candle.quantity)}",'
        f'"trades":{candle.trades},"closed":{"true" if is_closed else "false"}}}'
    )


def market_row(market: Market, phase: str) -> str:
    """A market as `markets` lists it."""
    rules = market.rules
    return _object(
        {
            "symbol": rules.symbol,
            "base": rules.base,
            "quote": rules.quote,
            "tick": rules.tick,
            "lot": rules.lot,
            "min_size": rules.min_size,
            "min_price": rules.min_price,
            "min_amount": rules.min_amount,
            "maker_fee": rules.maker_fee,
            "taker_fee": rules.taker_fee,
            "phase": phase,
        }
    )


def book_half(levels: Iterable[tuple[int, int | None, bool]], money: MarketMoney) -> str:
    """Levels, best first, as (price, lots, whether it is the house's); lots None: without end."""
    rows = []
    for price, lots, is_house in levels:
        size = "null" if lots is None else f'"{money.size_text(lots)}"'
        mark = ',"house"' if is_house else ""
        rows.append(f'["{money.price_text(price)}",{size}{mark}]')
    return f"[{','.join(rows)}]"


def wallets_row(holdings: list[Holding], base: str, quote: str) -> str:
    """All an account owns; `usd` and `crypto` are the assets of the game's first market."""
    free, held, assets = {}, {}, {}
    for holding in holdings:
        amount_text = quote_text if holding.is_quote else base_text
        free[holding.asset] = amount_text(holding.free)
        held[holding.asset] = amount_text(holding.held)
        assets[holding.asset] = {
            "free": free[holding.asset],
            "held": held[holding.asset],
            "total": amount_text(holding.free + holding.held),
        }
    return _object(
        {
            "usd": free[quote],
            "crypto": free[base],
            "held": {"usd": held[quote], "crypto": held[base]},
            "assets": assets,
        }
    )


def _object(value: dict[str, object]) -> str:
    return msgspec.json.encode(value).decode()
