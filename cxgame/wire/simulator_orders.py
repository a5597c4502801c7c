"""Orders read from the simulator's dialect: words and raw numbers to the engine's command.

What its REST face and its WebSocket share, with the sentences that its clients know. A refusal
here and one of the engine are alike: `said` gives the dialect's words for either.
"""

from collections.abc import Mapping
from typing import TypeVar

from msgspec import Raw
from msgspec.structs import replace

from cxgame.model.commands import PlaceOrder
from cxgame.model.enums import OrderType, Side, TimeInForce, Verb
from cxgame.model.errors import Code, Rejection, reject
from cxgame.model.fingerprints import fingerprint
from cxgame.wire.fields import MAX_CID
from cxgame.wire.money import MarketMoney, is_given

SIDES = {"BUY": Side.BUY, "SELL": Side.SELL}
TYPES = {"LIMIT": OrderType.LIMIT, "MARKET": OrderType.MARKET}
TIMES_IN_FORCE = {
    "GTC": TimeInForce.GTC,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
}
INSUFFICIENT = "Insufficient balance"
NO_PRICE = "price required for LIMIT orders"
NOT_FOUND = "Order not found"

Word = TypeVar("Word")

_SAID = {
    Code.FUNDS_QUOTE: INSUFFICIENT,
    Code.FUNDS_BASE: INSUFFICIENT,
    Code.ORDER_NOT_FOUND: NOT_FOUND,
}
_LIMIT, _GTC, _VERB = OrderType.LIMIT, TimeInForce.GTC, Verb.ORDER


def order_command(
    account: int,
    money: MarketMoney,
    side: Side,
    type: OrderType,
    price: Raw | None,
    quantity: Raw,
    time_in_force: TimeInForce = _GTC,
    cid: str = "",
) -> PlaceOrder | Rejection:
    """The command for an order of these words; a market order has no use for its price."""
    ticks = _ticks(money, price) if type is _LIMIT else 0
    if isinstance(ticks, Rejection):
        return ticks
    lots = money.lots(_plain(quantity), "quantity")
    if isinstance(lots, Rejection):
        return lots
    command = PlaceOrder(
        account,
        money.market.id,
        _VERB,
        side,
        type,
        ticks,
        lots,
        time_in_force=time_in_force,
    )
    if not cid:
        return command
    named = replace(command, cid=cid)
    return replace(named, fingerprint=fingerprint(named))


def word_of(given: str, name: str, words: Mapping[str, Word]) -> Word | Rejection:
    """What a word of the dialect means: `side`, `type` (or `order_type`), `time_in_force`."""
    found = words.get(given)
    if found is None:
        return reject(Code.PARAM_TYPE, name=name, got=" or ".join(f"'{word}'" for word in words))
    return found


def checked_cid(given: str) -> Rejection | None:
    """Refuse a client's own id of a length that is not kept."""
    if 1 <= len(given) <= MAX_CID:
        return None
    return reject(Code.PARAM_TYPE, name="client_order_id", got=f"text of 1 to {MAX_CID} characters")


def said(rejection: Rejection) -> str:
    """A refusal in the words that clients of this dialect look for; else in those of its code."""
    code, facts = rejection.code, rejection.facts
    if code is Code.FILTER_SYMBOL:
        return f"Unknown symbol: {facts['got']}"
    if code is Code.PARAM_MISSING:
        return NO_PRICE if facts["name"] == "price" else f"Missing required fields: {facts['name']}"
    return _SAID.get(code) or rejection.text


def _ticks(money: MarketMoney, price: Raw | None) -> int | Rejection:
    if price is None or not is_given(price):
        return reject(Code.PARAM_MISSING, name="price")
    return money.ticks(_plain(price))


def _plain(number: Raw) -> Raw:
    """A number as money is read. Text may carry an exponent here: a small `Decimal` prints one."""
    text = bytes(number)
    if text[:1] == b'"' and text[1:2].isdigit() and (b"E" in text or b"e" in text):
        return Raw(text[1:-1])
    return number
