"""The trigger of an order: from the params of `order` to the engine's command."""

from collections.abc import Callable, Sequence

from msgspec import Raw

from cxgame.model.commands import PlaceOrder, PlaceTrigger
from cxgame.model.enums import OrderType, Side, TriggerBy, TriggerKind
from cxgame.model.errors import Code, Rejection, reject
from cxgame.wire.money import MarketMoney, is_given, read_percent
from cxgame.wire.params import OrderParams

KINDS = {kind.name.lower(): kind for kind in TriggerKind}
PRICES: dict[str | None, TriggerBy] = {
    None: TriggerBy.LAST,
    **{by.name.lower(): by for by in TriggerBy},
}
_NUMBERS = ("trigger_price", "trail", "trail_percent", "max_price")


def with_trigger(
    order: PlaceOrder, params: OrderParams, money: MarketMoney
) -> PlaceOrder | PlaceTrigger | Rejection:
    """The order with its trigger, the order alone, or what is wrong with the params of one."""
    given = [name for name in _NUMBERS if is_given(getattr(params, name))]
    if params.trigger is None:
        return _stray([*given, "trigger_by"]) if given or params.trigger_by else order
    kind = KINDS[params.trigger]
    wrong = _wrong_distance(kind, given) or _wrong_max_price(order, given)
    if wrong is not None:
        return wrong
    numbers: dict[str, int] = {}
    for name in given:
        number = _READ[name](money, getattr(params, name), name)
        if isinstance(number, Rejection):
            return _about(name, number)
        numbers[name] = number
    price, trail, trail_rate, max_price = (numbers.get(name, 0) for name in _NUMBERS)
    by = PRICES[params.trigger_by]
    return PlaceTrigger(order, kind, by, price, trail, trail_rate, max_price)


_READ: dict[str, Callable[[MarketMoney, Raw, str], int | Rejection]] = {
    "trigger_price": MarketMoney.ticks,
    "trail": MarketMoney.distance,
    "trail_percent": lambda _, raw, name: read_percent(raw, name),
    "max_price": MarketMoney.ticks,
}


def _stray(given: Sequence[str]) -> Rejection:
    why = f'"{given[0]}" belongs to an order with one.'
    return reject(Code.PARAM_MISSING, name="trigger", why=why)


def _wrong_distance(kind: TriggerKind, given: Sequence[str]) -> Rejection | None:
    """What is wrong with where the trigger is put: at a price, or at a distance from one."""
    at_price, trails = "trigger_price" in given, "trail" in given or "trail_percent" in given
    if kind is not TriggerKind.TRAILING:
        if trails:
            name = "trail" if "trail" in given else "trail_percent"
            return _unknown(name, 'It belongs to "trigger":"trailing".')
        return None if at_price else reject(Code.PARAM_MISSING, name="trigger_price")
    if at_price:
        why = 'A trailing stop has its distance instead, "trail" or "trail_percent".'
        return _unknown("trigger_price", why)
    if not trails:
        return reject(Code.PARAM_MISSING, name="trail", why='Or give "trail_percent".')
    if "trail" in given and "trail_percent" in given:
        return _unknown("trail_percent", 'Give one of it and "trail".')
    return None


def _wrong_max_price(order: PlaceOrder, given: Sequence[str]) -> Rejection | None:
    """A market buy by size, and nothing else, names the highest price that it pays."""
    needed = order.type is OrderType.MARKET and order.side is Side.BUY and not order.budget
    if needed == ("max_price" in given):
        return None
    if needed:
        why = 'A market buy by size holds what it may cost; or give an "amount" to spend.'
        return reject(Code.PARAM_MISSING, name="max_price", why=why)
    return _unknown("max_price", "It belongs to a market buy by size.")


def _unknown(name: str, why: str) -> Rejection:
    return reject(Code.PARAM_UNKNOWN, name=name, why=why)


def _about(name: str, wrong: Rejection) -> Rejection:
    """A number's refusal that says which number it is: an order with a trigger has several."""
    if wrong.code.startswith("PARAM_"):
        return wrong
    return reject(wrong.code, **{**wrong.facts, "why": f'This is about "{name}".'})
