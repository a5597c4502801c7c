"""The sentences of the order server: what a command answers when it worked, and the refusals
whose wording depends on the command.

Clients were written that look for these words, so they stay as they are, oddities included. All
other refusals use the sentence of their code (`cxgame.model.errors`).
"""

from cxgame.model.errors import MEANINGS, Code, Rejection

DONE: dict[str, str] = {
    "register": "Registered",
    "auth": "Authenticated",
    "rotate": "Token replaced.",
    "bcast": "Message broadcasted.",
    "buy": "Buy order placed.",
    "sell": "Sell order placed.",
    "buy_market": "Market buy order placed.",
    "sell_market": "Market sell order placed.",
    "order": "Order placed.",
    "amend": "Order amended.",
    "cancel": "Order cancelled and removed.",
    "cancel_all": "Orders cancelled.",
    "batch": "Batch handled.",
    "cancel_on_disconnect": "Cancel on disconnect set.",
    "cancel_all_after": "Cancel-all timer set.",
    "subscribe": "Subscribed.",
    "unsubscribe": "Unsubscribed.",
    "resync": "Whole books follow.",
    "price": "Market price.",
    "wallets": "Wallets.",
    "orders": "Open orders list.",
    "all_orders": "All orders list.",
    "fills": "Here are your fills.",
    "completed": "Completed orders.",
    "trades": "Trades.",
    "candles": "Candles.",
    "markets": "Markets.",
    "book": "Order book.",
    "tickers": "Tickers.",
    "time": "Time.",
    "audit": "Audit done.",
    "start": "Command accepted. Open for business.",
    "pause": "Command accepted. Server is paused.",
    "shutdown": "Command accepted. Shutting down.",
    "grant": "Admin role granted.",
    "end_round": "Command accepted. The round is over.",
    "start_round": "Command accepted. Everybody has the grants again; start opens the market.",
    "announce": "Announced.",
    "players": "Players.",
    "whitelist": "Whitelist.",
    "kick": "Connections closed.",
    "rotate_user": "The user's token was replaced.",
    "adjust": "Balance set.",
    "set_price": "Price set.",
    "faults": "Network faults.",
}
VALIDATED = "Order valid; nothing was placed."
WAITING = "Command accepted. The game opens when all listed users are connected."

OUTSIDE = ""  # the command of what is wrong outside of any command's params

_SENTENCES: dict[tuple[str, Code], str] = {
    (OUTSIDE, Code.PARAM_MISSING): 'Invalid message: "{name}" is missing.',
    (OUTSIDE, Code.PARAM_UNKNOWN): 'Invalid message: unknown "{name}".',
    (OUTSIDE, Code.PARAM_TYPE): 'Invalid message: "{name}" must be {got}.',
    ("start_round", Code.STATE_NOT_OPEN): "A round is being played: end it, or pause, first.",
    ("adjust", Code.FILTER_SYMBOL): "Unknown asset: {got}.",
    ("buy", Code.PARAM_MISSING): 'Must size "price" and "size" in params.',
    ("sell", Code.PARAM_MISSING): 'Must size "price" and "size" in params.',
    ("buy", Code.FUNDS_QUOTE): "Not enough {asset}.",
    ("sell", Code.FUNDS_BASE): "Size is > available.",
    ("buy_market", Code.FUNDS_QUOTE): "Not enough {asset} to buy.",
    ("buy_market", Code.ORDER_NO_MATCH): "No available sell orders to match.",
    ("sell_market", Code.FUNDS_BASE): "Not enough crypto to sell. {got} > {limit}",
    ("sell_market", Code.ORDER_NO_MATCH): "No available buy orders to match.",
    ("sell_market", Code.FILTER_LOT): "Amount {got} is not a multiple of the lot {limit}.",
    ("sell_market", Code.FILTER_MAX): "Amount must be less than or equal to {limit}",
    ("sell_market", Code.FILTER_MIN_SIZE): "Amount must be greater than or equal to {limit}",
}
_NAMING: dict[Code, str] = {  # for a refusal that says what it is about
    Code.ORDER_NOT_FOUND: "Order not found: {got}",  # nobody's; another's is not named
}


def sentence(command: str, rejection: Rejection) -> str:
    """What a client is told of a refusal; `why` among its facts is one sentence more."""
    special = _SENTENCES.get((command, rejection.code))
    if special is None and "got" in rejection.facts:
        special = _NAMING.get(rejection.code)
    if special is None:
        special = MEANINGS[rejection.code].sentence
    said = special.format(**rejection.facts)
    return f"{said} {rejection.facts['why']}" if "why" in rejection.facts else said
