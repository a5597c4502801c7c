"""What the monitor shows, row by row, and how much of it to whom.

Names of others are an admin's alone to see. Of a fault that is for some players, the others learn
that there is one, which their own messages would tell them anyway, but not for whom.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from cxgame.engine.engine import Engine
from cxgame.faults.board import Board
from cxgame.faults.line import NOBODY, Line
from cxgame.faults.modes import Face
from cxgame.server.sessions.host import Host
from cxgame.server.sessions.owned import holdings
from cxgame.server.sessions.rates import Rate
from cxgame.wire.money import base_text, quote_text
from cxgame.wire.row_states import Holding

Row = dict[str, Any]

SOCKETS = (Face.ORDERS, Face.FEED, Face.SIMULATOR)
EVERYBODY, SOME, YOU = "everybody", "some", "you"
REQUESTS = 0  # as number of a line: all requests of one user over HTTP, and no connection
MOST_SESSIONS = 500  # listed; a page with more helps nobody
_IDLE = Rate(0.0, 0)


def connections(board: Board) -> dict[str, int]:
    """How many are connected to each face that has connections."""
    counted = Counter(line.face for line in board.lines if line.nth != REQUESTS)
    return {face.value: counted[face] for face in SOCKETS}


def fault_rows(host: Host, account: int, is_admin: bool) -> list[Row]:
    """The faults in force, oldest first."""
    own = set() if not account else _names(host.game.engine, account)
    return [_fault_row(row, own, is_admin) for row in host.faults.describe()["faults"]]


def _fault_row(row: Row, own: set[str], is_admin: bool) -> Row:
    to = row.pop("to", [])
    meant = EVERYBODY if not to else SOME
    if own & {name.casefold() for name in to}:
        meant = YOU
    return {**row, "for": meant, **({"to": to} if is_admin and to else {})}


def account_row(engine: Engine, account: int) -> Row | None:
    """What an account has; None for nobody's."""
    if not account:
        return None
    owner = engine.accounts[account]
    return {
        "name": owner.name,
        "balances": {each.asset: _balance(each) for each in holdings(engine, owner)},
        "open_orders": len(owner.orders),
    }


def _balance(holding: Holding) -> dict[str, str]:
    text = quote_text if holding.is_quote else base_text
    total = holding.free + holding.held
    return {"free": text(holding.free), "held": text(holding.held), "total": text(total)}


def session_rows(
    host: Host, engine: Engine, rates: Mapping[int, Rate], account: int | None
) -> list[Row]:
    """The connections of an account, of all where it is None, and who asks over HTTP."""
    if account == 0:
        return []
    own = None if account is None else _names(engine, account)
    lines = [line for line in host.faults.lines if own is None or own & line.names]
    return [_session_row(host, line, rates) for line in lines[:MOST_SESSIONS]]


def _session_row(host: Host, line: Line, rates: Mapping[int, Rate]) -> Row:
    account = next(filter(None, map(host.account_of, sorted(line.names))), None)
    rate = _IDLE if account is None else rates.get(account, _IDLE)
    name = None if account is None else host.game.engine.accounts[account].name
    return {
        "face": line.face.value,
        "user": name if line.who == NOBODY or name is not None else line.who,
        "connection": line.nth,  # of this user on this face, from 1; or `REQUESTS`
        "round_trip_ms": _ms(line.round_trip_s()),
        "messages_per_s": rate.messages_per_s,
        "refusals_per_min": rate.refusals_per_min,
        "faults": [each.id for each in line.faults],
        "hits": dict(sorted(line.hits.items())),
    }


def _ms(seconds: float) -> float | None:
    return round(seconds * 1000, 1) if seconds else None


def _names(engine: Engine, account: int) -> set[str]:
    """By what a fault's `to` may call an account."""
    return {engine.accounts[account].name.casefold()}
