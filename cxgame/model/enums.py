"""Closed sets of words. Each is an integer in the journal and a word on the wire."""

from enum import IntEnum


class Side(IntEnum):
    """Which way an order goes."""

    BUY = 0
    SELL = 1


class OrderType(IntEnum):
    """Limit orders name a price; market orders take what there is."""

    LIMIT = 0
    MARKET = 1


class TimeInForce(IntEnum):
    """What becomes of the part that does not fill at once."""

    GTC = 0  # rests
    IOC = 1  # is cancelled
    FOK = 2  # all at once or refused
    GTD = 3  # rests until its time is over
    DAY = 4  # rests until the round ends


class TriggerKind(IntEnum):
    """When an order with a trigger comes to the market."""

    STOP = 0  # the price has run away: a buy's has risen, a sell's has fallen
    TAKE_PROFIT = 1  # the price has come: a buy's has fallen, a sell's has risen
    TRAILING = 2  # a stop that follows the price at a distance


class TriggerBy(IntEnum):
    """Which price a trigger watches."""

    LAST = 0  # of trades
    MID = 1


class SelfTrade(IntEnum):
    """What happens when an order meets one of its own team; the taker's choice decides."""

    NONE = 0  # they trade
    SKIP = 1  # the resting order is passed over
    EXPIRE_TAKER = 2
    EXPIRE_MAKER = 3
    EXPIRE_BOTH = 4
    DECREMENT = 5  # both are cut by the smaller remainder, without a trade


class Verb(IntEnum):
    """Which command placed an order: it decides about the maker's rule and the feed's frame."""

    ORDER = 0
    BUY = 1
    SELL = 2
    BUY_MARKET = 3
    SELL_MARKET = 4


class OrderStatus(IntEnum):
    """The life of an order; CANCEL is the wire's word for an order that ended unfilled."""

    OPEN = 0
    FILLED = 1
    CANCEL = 2
    REJECTED = 3


class Reason(IntEnum):
    """Why an order was cancelled."""

    USER = 0
    UNFILLED = 1  # the rest of a market or IOC order
    SELF_TRADE = 2
    CLOSED = 3  # the round or the game ended
    EXPIRED = 4  # nothing had happened to it for too long
    RESET = 5  # the account was set back
    REJECTED = 6  # for lack of funds, when it was placed or would have been filled
    POST_ONLY = 7  # its trigger fired, and it would have taken


class Role(IntEnum):
    """A maker rested in the book, a taker came to it."""

    MAKER = 0
    TAKER = 1


class SellFee(IntEnum):
    """Out of what a seller's fee is paid."""

    PROCEEDS = 0
    HOLD = 1  # set aside in quote when the order is placed


class Phase(IntEnum):
    """Where a game stands. Halted is a condition of the process and not among these."""

    REGISTRATION = 0
    OPEN = 1
    PAUSED = 2
    CLOSED = 3


class Mid(IntEnum):
    """Whose mid price the game uses."""

    ORACLE = 0
    BOOK = 1


class Liquidity(IntEnum):
    """Whether the house quotes beside the players."""

    NONE = 0
    HOUSE = 1
