"""What each code means: the one table from which sentences, docs and exceptions come.

`docs/errors.md` and the table of `docs/ccxt.md` are written from it (`scripts/error_docs.py`), and
`cxgame.ccxt` raises what it names.
"""

from typing import NamedTuple

from cxgame.model.codes import Code

FAMILIES = {
    "PARAM": "The message",
    "FILTER": "The market's filters",
    "AUTH": "Who you are",
    "LIMIT": "Limits",
    "FUNDS": "Funds",
    "ORDER": "The order",
    "STATE": "The state of the game",
    "INTERNAL": "Bugs",
}
"""The first word of a code → what its family is about."""


class Meaning(NamedTuple):
    """What a code says. `{limit}`, `{got}`, `{name}` in a sentence are filled per refusal."""

    cause: str  # for the docs
    sentence: str
    remedy: str
    ccxt: str  # the exception of ccxt; below `OperationFailed` exactly if it is retryable
    retryable: bool = False  # whether the same message may succeed when it is sent again later


MEANINGS: dict[Code, Meaning] = {
    Code.PARAM_JSON: Meaning(
        "The message is not JSON, not an object, binary, or a key stands in it twice. `NaN`, "
        "`Infinity` and half characters (lone surrogates) are no JSON.",
        "Invalid message: not a JSON object.",
        'Send one text frame holding one object: {"cmd": ..., "params": {...}}.',
        "BadRequest",
    ),
    Code.PARAM_COMMAND: Meaning(
        "`cmd` is none of the commands. They are written in small letters.",
        "Invalid message: unknown command {got}.",
        "Use a command of the protocol's table.",
        "NotSupported",
    ),
    Code.PARAM_MISSING: Meaning(
        "`cmd`, `params`, or a parameter that the command needs is not there; of some orders "
        "the sentence says why it is needed. For `buy` and `sell` the sentence is `Must size "
        '"price" and "size" in params.`',
        'Missing "{name}" in params.',
        "Add the named field to the message or to its params.",
        "ArgumentsRequired",
    ),
    Code.PARAM_UNKNOWN: Meaning(
        "A member or parameter that the command does not know, or one that means nothing to "
        "this kind of order: a `price` of a market order, an `amount` of a limit order, a "
        "`trail` of a stop that does not trail. The sentence may say where it belongs.",
        'Unknown "{name}" in params.',
        "Remove the field, or correct its spelling.",
        "BadRequest",
    ),
    Code.PARAM_TYPE: Meaning(
        "A field has the wrong type, a word that is not among its words, or an integer "
        "outside its range.",
        'Invalid "{name}": {got} expected.',
        "Send the field with the type of the table.",
        "BadRequest",
    ),
    Code.PARAM_NUMBER: Meaning(
        "Money that is no plain decimal: `NaN`, `1_000`, `1e400`, spaces, other digits than "
        "0-9, more than 40 characters, an exponent in text or beyond ±30. Also an amount with "
        "more than 24 decimals.",
        'Invalid "{name}": not a decimal number of at most 40 characters.',
        'Send a plain decimal such as "12.5"; NaN, infinities and spaces are no numbers.',
        "BadRequest",
    ),
    Code.PARAM_NAME: Meaning(
        "A user or team name outside the rule, or a reserved one.",
        'Invalid "{name}": use 1 to 32 of A-Z a-z 0-9 _ . - and begin with a letter or digit.',
        "Choose another name; house, mockx, admin and system are taken.",
        "BadRequest",
    ),
    Code.FILTER_SYMBOL: Meaning(
        "There is no such market in this game. `limit` names those that there are, the first "
        "few where there are many.",
        "Unknown symbol: {got}.",
        "Ask `markets` for the symbols.",
        "BadSymbol",
    ),
    Code.FILTER_TICK: Meaning(
        "The price lies between two steps of the market. Nothing is rounded, so that an order "
        "is never at another price than you said. A trail in percent has steps of 0.0001.",
        "Price {got} is not a multiple of the tick {limit}.",
        "Round the price to the tick.",
        "InvalidOrder",
    ),
    Code.FILTER_LOT: Meaning(
        "The size lies between two steps of the market.",
        "Size {got} is not a multiple of the lot {limit}.",
        "Round the size to the lot.",
        "InvalidOrder",
    ),
    Code.FILTER_MIN_SIZE: Meaning(
        "The size, or the amount of a market sell, is below the market's minimum, or not "
        "above zero.",
        "Size must be greater than or equal to {limit}",
        "Order at least the minimum size.",
        "InvalidOrder",
    ),
    Code.FILTER_MIN_PRICE: Meaning(
        "The price is below the market's minimum, or not above zero; or a trail is no step at all.",
        "Price must be greater than or equal to {limit}",
        "Name at least the minimum price.",
        "InvalidOrder",
    ),
    Code.FILTER_MIN_AMOUNT: Meaning(
        "The budget of a market buy is below the market's minimum, or not above zero.",
        "Amount must be greater than or equal to {limit}",
        "Spend at least the minimum amount.",
        "InvalidOrder",
    ),
    Code.FILTER_MAX: Meaning(
        "A price, size or amount beyond what the exchange counts; a trail that would put the "
        "trigger where no price is; an order that would live for too long.",
        "{name} must be less than or equal to {limit}",
        "Stay within the maximum.",
        "InvalidOrder",
    ),
    Code.AUTH_REQUIRED: Meaning(
        "The command needs a login, and this connection has none.",
        "You must be authenticated.",
        "Send `register` or `auth` on this connection first.",
        "AuthenticationError",
    ),
    Code.AUTH_UNKNOWN_USER: Meaning(
        "No user has this name, or, for the commands of an organiser, none in this game.",
        "User is not registered.",
        "Send `register` first.",
        "AuthenticationError",
    ),
    Code.AUTH_TOKEN: Meaning(
        "The token is not this user's; it may have been replaced by `rotate`.",
        "Authentication failed: Invalid token.",
        "Use the token that `register` answered.",
        "AuthenticationError",
    ),
    Code.AUTH_PASSWORD: Meaning(
        "The password is not this user's, or the user has none.",
        "Authentication failed: Invalid password.",
        "Use the password given at `register`.",
        "AuthenticationError",
    ),
    Code.AUTH_USER_TAKEN: Meaning(
        "The name belongs to someone else. Upper and lower case make no other name.",
        "User already registered.",
        "Choose another name, or `auth` with the user's token.",
        "AuthenticationError",
    ),
    Code.AUTH_NOT_LISTED: Meaning(
        "The game has a whitelist, and the name is not on it.",
        "User not in whitelist.",
        "Ask the organiser to list the name.",
        "PermissionDenied",
    ),
    Code.AUTH_SECRET_REQUIRED: Meaning(
        "An admin command without secret, from an account without the admin role.",
        "Admin secret required.",
        "Send the admin secret, or ask an admin to `grant` you the role.",
        "PermissionDenied",
    ),
    Code.AUTH_SECRET: Meaning(
        "The admin secret is wrong.",
        "Invalid admin secret.",
        "Use the secret that the server printed at its first start.",
        "PermissionDenied",
    ),
    Code.LIMIT_RATE: Meaning(
        "More messages, broadcasts or secrets to check than may come at once. `data` has "
        "`wait_ms`. Who goes on at five times the rate is disconnected.",
        "Too many messages; wait {wait_ms} ms.",
        "Wait the time given in `data`, then go on more slowly.",
        "RateLimitExceeded",
        retryable=True,
    ),
    Code.LIMIT_MESSAGE: Meaning(
        "A message of more bytes, or a broadcast of more characters, than may be sent. After "
        "a message that is too long the connection is closed (1009).",
        "Message too long: at most {limit}.",
        "Send less at once.",
        "BadRequest",
    ),
    Code.LIMIT_USERS: Meaning(
        "All seats of the game are taken.",
        "User limit reached ({limit})",
        "Wait for the next game.",
        "AccountNotEnabled",
    ),
    Code.LIMIT_ORDERS: Meaning(
        "The account has as many open orders as it may have. Orders that can't rest (`ioc`, "
        "`fok`, market) are not counted unless they wait for a trigger.",
        "Too many open orders: at most {limit}.",
        "Cancel an open order first.",
        "InvalidOrder",
    ),
    Code.LIMIT_LEVELS: Meaning(
        "The order would rest at a price at which nothing rests yet, and its side has as many "
        "prices as it may have.",
        "Too many price levels: at most {limit}.",
        "Use a price at which orders rest already.",
        "InvalidOrder",
    ),
    Code.LIMIT_TRIGGERS: Meaning(
        "The account has as many orders whose triggers have not fired as it may have in one "
        "market.",
        "Too many orders with a trigger in this market: at most {limit}.",
        "Cancel one of them first.",
        "InvalidOrder",
    ),
    Code.LIMIT_CONNECTIONS: Meaning(
        "The account has as many connections as it may have, or too many new users came from "
        "this address within a minute.",
        "Too many connections: at most {limit}.",
        "Close a connection, or wait a minute before the next registration.",
        "DDoSProtection",
        retryable=True,
    ),
    Code.FUNDS_QUOTE: Meaning(
        "What the order costs, its possible fee included, is more than is free. `buy` says "
        "`Not enough USD.`, `buy_market` says `Not enough USD to buy.`",
        "Not enough {asset}: {limit} free, {got} needed.",
        "Order less, or cancel an order to release its hold.",
        "InsufficientFunds",
    ),
    Code.FUNDS_BASE: Meaning(
        "More coins are to be sold than are free. `sell` says `Size is > available.`, "
        "`sell_market` says `Not enough crypto to sell. A > B`.",
        "Not enough {asset}: {limit} free, {got} needed.",
        "Order less, or cancel an order to release its hold.",
        "InsufficientFunds",
    ),
    Code.FUNDS_WITHDRAWAL: Meaning(
        "More of an asset is to be withdrawn than is free of it.",
        "Insufficient balance: {limit} {asset}, requested {got} {asset}",
        "Withdraw less, or cancel an order to release its hold.",
        "InsufficientFunds",
    ),
    Code.ORDER_NOT_FOUND: Meaning(
        "The order is open no more or never was, which the sentence `Order not found: 7` says "
        "with its id; or it is someone else's.",
        "Order not found.",
        "Only your own open orders can be cancelled; ask `orders`.",
        "OrderNotFound",
    ),
    Code.ORDER_NOT_MAKER: Meaning(
        "`buy` takes prices below the market price only, `sell` prices that are not below it.",
        "Price must be {relation} market price ({limit}).",
        "Move the price to the maker's side of `price`, or use `order`, which may take.",
        "OrderImmediatelyFillable",
    ),
    Code.ORDER_POST_ONLY: Meaning(
        "The order was marked `post_only` and would have met an order on the other side.",
        "Post-only order would trade at once.",
        "Move the price away from the other side.",
        "OrderImmediatelyFillable",
    ),
    Code.ORDER_FOK: Meaning(
        "The order was `fok`, and not all of it can be had within its price.",
        "Fill-or-kill order cannot be filled: {limit} available.",
        "Order less, or use `ioc` to take a part.",
        "OrderNotFillable",
    ),
    Code.ORDER_NO_MATCH: Meaning(
        "A market order found nothing to trade with. `buy_market` says `No available sell "
        "orders to match.`, `sell_market` says `No available buy orders to match.`",
        "No available orders to match.",
        "Wait for orders on the other side, or rest one.",
        "OrderNotFillable",
    ),
    Code.ORDER_CID_REUSED: Meaning(
        "The `cid` is remembered with an order that differs from this one in something.",
        "This cid belongs to another order: {got}.",
        "Give each new order a cid of its own.",
        "DuplicateOrderId",
    ),
    Code.ORDER_NOT_AMENDABLE: Meaning(
        "Only a limit order that stands in the book can be amended. This one waits for its "
        "trigger, or is a market order that waits to be carried out, an admin has cut what it "
        "holds, or it holds its fee besides; the sentence says which.",
        "This order cannot be amended: {got}.",
        "Cancel it, and place another.",
        "InvalidOrder",
    ),
    Code.ORDER_WOULD_TRIGGER: Meaning(
        "The price is already where the trigger waits for it. A stop of a sell lies below the "
        "price, its take-profit above; of a buy it is the other way round.",
        "The trigger {got} would fire at once: the price is {limit}.",
        "Put the trigger on the other side of the price, or place the order without one.",
        "OrderImmediatelyFillable",
    ),
    Code.STATE_NOT_OPEN: Meaning(
        "The game has not opened yet: it waits for `start`, or for listed users to connect.",
        'Server is paused. Wait for admin "start" command.',
        "Wait for the phase frame on the feed, then send it again.",
        "OnMaintenance",
        retryable=True,
    ),
    Code.STATE_PAUSED: Meaning(
        "An admin has paused the game. Cancels, reads and messages work.",
        'Server is paused. Wait for admin "start" command.',
        "Wait for the phase frame on the feed, then send it again.",
        "OnMaintenance",
        retryable=True,
    ),
    Code.STATE_CLOSED: Meaning(
        "The game has ended, by `shutdown` or by its time limit. Balances and orders can "
        "still be looked at until the server ends.",
        "The game is over.",
        "Wait for the next game.",
        "MarketClosed",
    ),
    Code.STATE_DEADLINE: Meaning(
        "The order, or the amendment, arrived at the exchange after its own `deadline_ms`. "
        "Both times are milliseconds since 1970 by the exchange's clock.",
        "Too late: it is {got}, the deadline was {limit}.",
        "Look at the market again, and send it with a later `deadline_ms`.",
        "OperationRejected",
    ),
    Code.STATE_SHARED: Meaning(
        "Others play in the game whose data are to be wiped over REST.",
        "{got} others play in this game. To take all they have, too, say ?confirm={name}",
        "Confirm with the game's name, or reset a game of your own.",
        "OperationRejected",
    ),
    Code.STATE_HALTED: Meaning(
        "The server can't write to its journal at the moment and takes nothing that it could "
        "not keep. Reads show the last released state meanwhile; they are refused too where "
        "that cannot be read back (`--memory`, or an account that was about to be opened).",
        "The exchange is halted: its journal does not answer. Nothing was changed.",
        "Send it again; play resumes by itself.",
        "ExchangeNotAvailable",
        retryable=True,
    ),
    Code.STATE_UNKNOWN: Meaning(
        "The message was accepted, and the journal has not confirmed it in time. It will "
        "count when the journal answers again; if the server stops before, only if it had "
        "arrived there. Also: the server was still at work on it (a user record, a password, "
        "an audit) when its time was up or the exchange was halted. Also: an order that ended long "
        "ago, or a list with such orders, was asked for over REST or of the simulator, and the "
        "game's history is still being written; ask again.",
        "The outcome is not known yet.",
        "Send the same message with the same cid again, or look at `orders` and `fills`.",
        "RequestTimeout",
        retryable=True,
    ),
    Code.INTERNAL_ENGINE: Meaning(
        "A bug in the exchange. The command was undone and will be refused from now on; "
        "everything else goes on.",
        "The engine failed on this command; nothing was changed.",
        "Send another command; the failure is in the server's log.",
        "ExchangeError",
    ),
}
