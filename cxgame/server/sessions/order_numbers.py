"""The numbers of `order`: which of price, size and amount an order has, and what they come to."""

from cxgame.model.errors import Code, Rejection, reject
from cxgame.wire.fields import ABSENT
from cxgame.wire.money import MarketMoney, is_given
from cxgame.wire.params import OrderParams


def limit_numbers(params: OrderParams, money: MarketMoney) -> tuple[int, int, str]:
    """As `numbers` for what nearly every order is, a sound limit order; else quantity 0."""
    if params.type == "limit" and params.amount is ABSENT:
        if params.price is not ABSENT and params.size is not ABSENT:
            price, quantity = money.ticks(params.price), money.lots(params.size)
            if type(price) is int and type(quantity) is int:
                return price, quantity, ""
    return 0, 0, ""


def numbers(params: OrderParams, money: MarketMoney) -> tuple[int, int, str] | Rejection:
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
    if params.time_in_force in ("gtd", "day") and params.trigger is None:
        return "time_in_force"  # it is over at once, unless it waits for its trigger
    if by_budget and params.side == "sell":
        return "amount"
    return "size" if by_budget and is_given(params.size) else ""
