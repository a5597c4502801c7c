"""The order server's protocol as the client needs it, without I/O.

Owns the table of commands (which need a login, which may be repeated), the text of a request and
the reading of a reply. Knows nothing of connections.
"""

import json
from enum import Enum
from typing import Any, NamedTuple

from cxgame.client.channels import Frame
from cxgame.client.response import Response


class Effect(Enum):
    """What a second delivery of the same request would do."""

    READ = "reads; may be repeated, and a failure leaves nothing open"
    REPEATABLE = "changes something, but a repeat changes nothing more"
    ONCE = "a repeat would do it twice: never sent again once it may have arrived"


class Policy(NamedTuple):
    """How a command travels."""

    login: bool  # needs an authenticated connection
    effect: Effect


COMMANDS: dict[str, Policy] = {
    "register": Policy(False, Effect.REPEATABLE),  # by its token
    "auth": Policy(False, Effect.READ),
    "rotate": Policy(True, Effect.ONCE),
    "bcast": Policy(True, Effect.ONCE),
    "buy": Policy(True, Effect.REPEATABLE),  # orders: by their cid
    "sell": Policy(True, Effect.REPEATABLE),
    "buy_market": Policy(True, Effect.REPEATABLE),
    "sell_market": Policy(True, Effect.REPEATABLE),
    "order": Policy(True, Effect.REPEATABLE),
    "amend": Policy(True, Effect.REPEATABLE),  # what it names is how the order is to be
    "cancel": Policy(True, Effect.REPEATABLE),
    "cancel_all": Policy(True, Effect.REPEATABLE),
    "batch": Policy(True, Effect.REPEATABLE),  # unless it holds a cancel_all
    "cancel_on_disconnect": Policy(True, Effect.REPEATABLE),
    "cancel_all_after": Policy(True, Effect.REPEATABLE),
    "price": Policy(True, Effect.READ),
    "wallets": Policy(True, Effect.READ),
    "orders": Policy(True, Effect.READ),
    "all_orders": Policy(True, Effect.READ),
    "fills": Policy(True, Effect.READ),
    "completed": Policy(True, Effect.READ),
    "audit": Policy(True, Effect.READ),
    "markets": Policy(False, Effect.READ),
    "book": Policy(False, Effect.READ),
    "tickers": Policy(False, Effect.READ),
    "time": Policy(False, Effect.READ),
    "trades": Policy(False, Effect.READ),
    "candles": Policy(False, Effect.READ),
    "start": Policy(True, Effect.REPEATABLE),
    "pause": Policy(True, Effect.REPEATABLE),
    "grant": Policy(True, Effect.REPEATABLE),
    # A repeat could end the game that was opened after the one that was meant.
    "shutdown": Policy(True, Effect.ONCE),
    "end_round": Policy(True, Effect.ONCE),  # or the round
    "start_round": Policy(True, Effect.ONCE),
    "announce": Policy(True, Effect.ONCE),
    "players": Policy(True, Effect.READ),
    "whitelist": Policy(True, Effect.REPEATABLE),
    "kick": Policy(True, Effect.ONCE),
    "rotate_user": Policy(True, Effect.ONCE),
    "adjust": Policy(True, Effect.ONCE),
    "set_price": Policy(True, Effect.ONCE),
    "faults": Policy(True, Effect.ONCE),
}
LOGIN_COMMANDS = frozenset({"register", "auth"})
ORDER_COMMANDS = frozenset({"buy", "sell", "buy_market", "sell_market", "order"})


class Request(NamedTuple):
    """One command, ready to be sent any number of times with the same bytes but its id."""

    cmd: str
    params: str  # a JSON object
    login: bool
    effect: Effect
    cid: str | None = None
    more: str = ""  # members that ask for more in the reply

    def frame(self, number: int) -> str:
        """The message; `number` comes back in the reply."""
        return f'{{"cmd":"{self.cmd}","params":{self.params},"id":{number}{self.more}}}'


class Unsendable(Exception):
    """The arguments have no JSON form."""


def request(cmd: str, params: dict[str, Any], *, ts: bool = False, limits: bool = False) -> Request:
    """A request for `cmd`; parameters that are None are left out. Raises `Unsendable`.

    `ts` and `limits` ask for the times of the reply and the state of the limits in it.
    """
    given = {name: value for name, value in params.items() if value is not None}
    policy = COMMANDS[cmd]
    # The admin secret stands for a login: organisers need not be players.
    login = policy.login and "secret" not in given
    try:
        text = json.dumps(given, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise Unsendable(f"The arguments of {cmd} can't be sent: {error}.") from error
    more = (',"ts":true' if ts else "") + (',"limits":true' if limits else "")
    return Request(cmd, text, login, _effect(cmd, given), given.get("cid"), more)


def channel_request(cmd: str, params: dict[str, Any]) -> Request:
    """A request about what is pushed: `subscribe`, `unsubscribe` or `resync`."""
    return Request(cmd, json.dumps(params, separators=(",", ":")), False, Effect.READ)


def _effect(cmd: str, params: dict[str, Any]) -> Effect:
    """What a second delivery would do, where it depends on what is asked."""
    if params.get("validate"):
        return Effect.READ
    # A second `cancel_all` would cancel what the first delivery has placed after it.
    if cmd == "batch" and any(one["cmd"] == "cancel_all" for one in params["requests"]):
        return Effect.ONCE
    return COMMANDS[cmd].effect


class Garbage(Exception):
    """The other side does not speak the protocol."""


class NotAnExchange(Exception):
    """The other side is something else that speaks frames; the text is one sentence."""


class Reply(NamedTuple):
    """A reply and the number of the request it answers; None if the server didn't say."""

    number: Any
    response: Response


def read_message(raw: str | bytes) -> Reply | Frame | None:
    """Read one message: a reply, a pushed frame, or None for an object that is neither.

    A frame has a `type` and no `status`; only replies carry an `id`. Raises `Garbage`, and
    `NotAnExchange` for the greeting of a feed.
    """
    if isinstance(raw, bytes):
        raise Garbage("a binary message")
    try:
        message = json.loads(raw)
    except (ValueError, RecursionError):
        raise Garbage("a message that is not JSON") from None
    if not isinstance(message, dict):
        raise Garbage("a message that is not an object")
    if isinstance(message.get("status"), bool):
        return Reply(message.get("id"), response_of(message, raw))
    if message.get("type") == "hello":
        raise NotAnExchange("This is a feed; the order server listens on another port.")
    return message if isinstance(message.get("type"), str) and "id" not in message else None


def response_of(frame: dict[str, Any], raw: str = "") -> Response:
    """A reply's members as the client's answer."""
    message, code = frame.get("message"), frame.get("code")
    return Response(
        frame.get("status") is True,
        message if isinstance(message, str) else "",
        frame.get("data"),
        raw,
        code if isinstance(code, str) else None,
        more=frame.get("more") is True,
        ts_in=frame.get("ts_in"),
        ts_out=frame.get("ts_out"),
        limits=frame.get("limits"),
    )
