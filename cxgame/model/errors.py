"""Refusals: one table of codes, each with its sentence, its remedy and whether to try again.

A refusal is a business no and travels as a value; an exception in this program is a bug. The
docs carry a heading for every code, which a test compares with this table.
"""

from enum import StrEnum
from typing import NamedTuple, final


class Code(StrEnum):
    """Every code that a `status: false` can carry."""

    PARAM_JSON = "PARAM_JSON"
    PARAM_COMMAND = "PARAM_COMMAND"
    PARAM_MISSING = "PARAM_MISSING"
    PARAM_UNKNOWN = "PARAM_UNKNOWN"
    PARAM_TYPE = "PARAM_TYPE"
    PARAM_NUMBER = "PARAM_NUMBER"
    PARAM_NAME = "PARAM_NAME"
    FILTER_SYMBOL = "FILTER_SYMBOL"
    FILTER_TICK = "FILTER_TICK"
    FILTER_LOT = "FILTER_LOT"
    FILTER_MIN_SIZE = "FILTER_MIN_SIZE"
    FILTER_MIN_PRICE = "FILTER_MIN_PRICE"
    FILTER_MIN_AMOUNT = "FILTER_MIN_AMOUNT"
    FILTER_MAX = "FILTER_MAX"
    AUTH_REQUIRED = "AUTH_REQUIRED"
    AUTH_UNKNOWN_USER = "AUTH_UNKNOWN_USER"
    AUTH_TOKEN = "AUTH_TOKEN"  # noqa: S105 a code, not a secret
    AUTH_PASSWORD = "AUTH_PASSWORD"  # noqa: S105 a code, not a secret
    AUTH_USER_TAKEN = "AUTH_USER_TAKEN"
    AUTH_NOT_LISTED = "AUTH_NOT_LISTED"
    AUTH_SECRET_REQUIRED = "AUTH_SECRET_REQUIRED"  # noqa: S105 a code, not a secret
    AUTH_SECRET = "AUTH_SECRET"  # noqa: S105 a code, not a secret
    LIMIT_RATE = "LIMIT_RATE"
    LIMIT_MESSAGE = "LIMIT_MESSAGE"
    LIMIT_USERS = "LIMIT_USERS"
    LIMIT_ORDERS = "LIMIT_ORDERS"
    LIMIT_LEVELS = "LIMIT_LEVELS"
    LIMIT_TRIGGERS = "LIMIT_TRIGGERS"
    LIMIT_CONNECTIONS = "LIMIT_CONNECTIONS"
    FUNDS_QUOTE = "FUNDS_QUOTE"
    FUNDS_BASE = "FUNDS_BASE"
    FUNDS_WITHDRAWAL = "FUNDS_WITHDRAWAL"
    ORDER_NOT_FOUND = "ORDER_NOT_FOUND"
    ORDER_NOT_MAKER = "ORDER_NOT_MAKER"
    ORDER_POST_ONLY = "ORDER_POST_ONLY"
    ORDER_FOK = "ORDER_FOK"
    ORDER_NO_MATCH = "ORDER_NO_MATCH"
    ORDER_CID_REUSED = "ORDER_CID_REUSED"
    ORDER_NOT_AMENDABLE = "ORDER_NOT_AMENDABLE"
    ORDER_WOULD_TRIGGER = "ORDER_WOULD_TRIGGER"
    STATE_NOT_OPEN = "STATE_NOT_OPEN"
    STATE_PAUSED = "STATE_PAUSED"
    STATE_CLOSED = "STATE_CLOSED"
    STATE_DEADLINE = "STATE_DEADLINE"
    STATE_SHARED = "STATE_SHARED"
    STATE_HALTED = "STATE_HALTED"
    STATE_UNKNOWN = "STATE_UNKNOWN"
    INTERNAL_ENGINE = "INTERNAL_ENGINE"


class Meaning(NamedTuple):
    """What a code says. `{limit}`, `{got}`, `{name}` in a sentence are filled per refusal."""

    sentence: str
    remedy: str
    retryable: bool = False


_NO_PAUSE = "Wait for the phase frame on the feed, then send it again."

MEANINGS: dict[Code, Meaning] = {
    Code.PARAM_JSON: Meaning(
        "Invalid message: not a JSON object.",
        'Send one text frame holding one object: {"cmd": ..., "params": {...}}.',
    ),
    Code.PARAM_COMMAND: Meaning(
        "Invalid message: unknown command {got}.", "Use a command of the protocol's table."
    ),
    Code.PARAM_MISSING: Meaning(
        'Missing "{name}" in params.', "Add the named field to the message or to its params."
    ),
    Code.PARAM_UNKNOWN: Meaning(
        'Unknown "{name}" in params.', "Remove the field, or correct its spelling."
    ),
    Code.PARAM_TYPE: Meaning(
        'Invalid "{name}": {got} expected.', "Send the field with the type of the table."
    ),
    Code.PARAM_NUMBER: Meaning(
        'Invalid "{name}": not a decimal number of at most 40 characters.',
        'Send a plain decimal such as "12.5"; NaN, infinities and spaces are no numbers.',
    ),
    Code.PARAM_NAME: Meaning(
        'Invalid "{name}": use 1 to 32 of A-Z a-z 0-9 _ . - and begin with a letter or digit.',
        "Choose another name; house, mockx, admin and system are taken.",
    ),
    Code.FILTER_SYMBOL: Meaning("Unknown symbol: {got}.", "Ask `markets` for the symbols."),
    Code.FILTER_TICK: Meaning(
        "Price {got} is not a multiple of the tick {limit}.", "Round the price to the tick."
    ),
    Code.FILTER_LOT: Meaning(
        "Size {got} is not a multiple of the lot {limit}.", "Round the size to the lot."
    ),
    Code.FILTER_MIN_SIZE: Meaning(
        "Size must be greater than or equal to {limit}", "Order at least the minimum size."
    ),
    Code.FILTER_MIN_PRICE: Meaning(
        "Price must be greater than or equal to {limit}", "Name at least the minimum price."
    ),
    Code.FILTER_MIN_AMOUNT: Meaning(
        "Amount must be greater than or equal to {limit}", "Spend at least the minimum amount."
    ),
    Code.FILTER_MAX: Meaning(
        "{name} must be less than or equal to {limit}", "Stay within the maximum."
    ),
    Code.AUTH_REQUIRED: Meaning(
        "You must be authenticated.", "Send `register` or `auth` on this connection first."
    ),
    Code.AUTH_UNKNOWN_USER: Meaning("User is not registered.", "Send `register` first."),
    Code.AUTH_TOKEN: Meaning(
        "Authentication failed: Invalid token.", "Use the token that `register` answered."
    ),
    Code.AUTH_PASSWORD: Meaning(
        "Authentication failed: Invalid password.", "Use the password given at `register`."
    ),
    Code.AUTH_USER_TAKEN: Meaning(
        "User already registered.", "Choose another name, or `auth` with the user's token."
    ),
    Code.AUTH_NOT_LISTED: Meaning("User not in whitelist.", "Ask the organiser to list the name."),
    Code.AUTH_SECRET_REQUIRED: Meaning(
        "Admin secret required.", "Send the admin secret, or ask an admin to `grant` you the role."
    ),
    Code.AUTH_SECRET: Meaning(
        "Invalid admin secret.", "Use the secret that the server printed at its first start."
    ),
    Code.LIMIT_RATE: Meaning(
        "Too many messages; wait {wait_ms} ms.",
        "Wait the time given in `data`, then go on more slowly.",
        retryable=True,
    ),
    Code.LIMIT_MESSAGE: Meaning("Message too long: at most {limit}.", "Send less at once."),
    Code.LIMIT_USERS: Meaning("User limit reached ({limit})", "Wait for the next game."),
    Code.LIMIT_ORDERS: Meaning(
        "Too many open orders: at most {limit}.", "Cancel an open order first."
    ),
    Code.LIMIT_LEVELS: Meaning(
        "Too many price levels: at most {limit}.", "Use a price at which orders rest already."
    ),
    Code.LIMIT_TRIGGERS: Meaning(
        "Too many orders with a trigger in this market: at most {limit}.",
        "Cancel one of them first.",
    ),
    Code.LIMIT_CONNECTIONS: Meaning(
        "Too many connections: at most {limit}.",
        "Close a connection, or wait a minute before the next registration.",
        retryable=True,
    ),
    Code.FUNDS_QUOTE: Meaning(
        "Not enough {asset}: {limit} free, {got} needed.",
        "Order less, or cancel an order to release its hold.",
    ),
    Code.FUNDS_BASE: Meaning(
        "Not enough {asset}: {limit} free, {got} needed.",
        "Order less, or cancel an order to release its hold.",
    ),
    Code.FUNDS_WITHDRAWAL: Meaning(
        "Insufficient balance: {limit} {asset}, requested {got} {asset}",
        "Withdraw less, or cancel an order to release its hold.",
    ),
    Code.ORDER_NOT_FOUND: Meaning(
        "Order not found.", "Only your own open orders can be cancelled; ask `orders`."
    ),
    Code.ORDER_NOT_MAKER: Meaning(
        "Price must be {relation} market price ({limit}).",
        "Move the price to the maker's side of `price`, or use `order`, which may take.",
    ),
    Code.ORDER_POST_ONLY: Meaning(
        "Post-only order would trade at once.", "Move the price away from the other side."
    ),
    Code.ORDER_FOK: Meaning(
        "Fill-or-kill order cannot be filled: {limit} available.",
        "Order less, or use `ioc` to take a part.",
    ),
    Code.ORDER_NO_MATCH: Meaning(
        "No available orders to match.", "Wait for orders on the other side, or rest one."
    ),
    Code.ORDER_CID_REUSED: Meaning(
        "This cid belongs to another order: {got}.", "Give each new order a cid of its own."
    ),
    Code.ORDER_NOT_AMENDABLE: Meaning(
        "This order cannot be amended: {got}.", "Cancel it, and place another."
    ),
    Code.ORDER_WOULD_TRIGGER: Meaning(
        "The trigger {got} would fire at once: the price is {limit}.",
        "Put the trigger on the other side of the price, or place the order without one.",
    ),
    Code.STATE_NOT_OPEN: Meaning(
        'Server is paused. Wait for admin "start" command.', _NO_PAUSE, retryable=True
    ),
    Code.STATE_PAUSED: Meaning(
        'Server is paused. Wait for admin "start" command.', _NO_PAUSE, retryable=True
    ),
    Code.STATE_CLOSED: Meaning("The game is over.", "Wait for the next game."),
    Code.STATE_DEADLINE: Meaning(
        "Too late: it is {got}, the deadline was {limit}.",
        "Look at the market again, and send it with a later `deadline_ms`.",
    ),
    Code.STATE_SHARED: Meaning(
        "{got} others play in this game. To take all they have, too, say ?confirm={name}",
        "Confirm with the game's name, or reset a game of your own.",
    ),
    Code.STATE_HALTED: Meaning(
        "The exchange is halted: its journal does not answer. Nothing was changed.",
        "Send it again; play resumes by itself.",
        retryable=True,
    ),
    Code.STATE_UNKNOWN: Meaning(
        "The outcome is not known yet.",
        "Send the same message with the same cid again, or look at `orders` and `fills`.",
        retryable=True,
    ),
    Code.INTERNAL_ENGINE: Meaning(
        "The engine failed on this command; nothing was changed.",
        "Send another command; the failure is in the server's log.",
    ),
}


@final
class Rejection(NamedTuple):
    """A business no: nothing was changed. `facts` fill the sentence; money in them is text."""

    code: Code
    facts: dict[str, str]

    @property
    def text(self) -> str:
        """The sentence of the code with this refusal's facts."""
        return MEANINGS[self.code].sentence.format(**self.facts)


def reject(code: Code, **facts: str) -> Rejection:
    """A refusal with the facts that its sentence names."""
    return Rejection(code, facts)
