"""The organiser's commands about people: who plays, who may, who has to go, who lost his token.

A kick closes connections and no more. Who is to stay out is taken off the whitelist, or given
another token.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from cxgame.auth import bad_name
from cxgame.engine.ledger import Account
from cxgame.model.commands import SetRules
from cxgame.model.errors import Code, Rejection, reject
from cxgame.model.events import Standing
from cxgame.server.sessions.authority import Answer, as_organiser, notice, submit
from cxgame.server.sessions.host import REPLACED
from cxgame.server.sessions.rates import Rate
from cxgame.wire import organiser_requests as r
from cxgame.wire.replies import done, refused
from cxgame.wire.row_types import Kicked, PlayerRow, Whitelisted

if TYPE_CHECKING:
    from cxgame.server.sessions.host import Host
    from cxgame.server.sessions.session import Session

REMOVED = (1008, "Removed by the organiser.")  # close code of RFC 6455, 7.4.1, and reason
MAX_LISTED = 5_000  # each change of the list is written whole
_IDLE = Rate(0.0, 0)

Teams = dict[str, tuple[str, ...]]  # team ("" for none) → users


def players(session: "Session", request: r.Players) -> Answer:
    """Everybody in the game."""
    return as_organiser(session, request, "players", _players)


def whitelist(session: "Session", request: r.Whitelist) -> Answer:
    """See or change who may play."""
    return as_organiser(session, request, "whitelist", _whitelist)


def kick(session: "Session", request: r.Kick) -> Answer:
    """Close all connections of a user."""
    return as_organiser(session, request, "kick", _kick)


def rotate_user(session: "Session", request: r.RotateUser) -> Answer:
    """Give a user a new token."""
    return as_organiser(session, request, "rotate_user", _rotate_user)


# Players


def _players(session: "Session", request: r.Players) -> bytes:
    host = session.host
    engine = host.shown.engine
    rates = host.rates.look(host.clock.monotonic_ns())
    accounts = {account.name: account for account in engine.accounts[1:]}
    rows = [_row(host, accounts[row.user], row, rates) for row in engine.standings()]
    return done("players", _json(rows), request.id)


def _row(
    host: "Host", account: Account, standing: Standing, rates: Mapping[int, Rate]
) -> PlayerRow:
    return PlayerRow(
        account.name,
        account.team,
        account.bot,
        account.admin,
        host.may_play(account.id),
        len(host.sessions_of(account.id)),
        *rates.get(account.id, _IDLE),
        len(account.orders),
        standing.equity,
        standing.rank,
    )


# The list


def _whitelist(session: "Session", request: r.Whitelist) -> bytes:
    params = request.params
    rules = session.host.game.engine.known_rules
    changed = None if params.everyone else _changed(rules.whitelist, params.add, params.remove)
    if isinstance(changed, Rejection):
        return refused("whitelist", changed, request.id)
    if changed != rules.whitelist:
        no = submit(session, request, SetRules(replace(rules, whitelist=changed)))
        if no is not None:
            return refused("whitelist", no, request.id)
        notice(session, request, "whitelist", _said(changed))
        session.host.open_if_ready()
    teams = None if changed is None else {team: [*names] for team, names in changed.items()}
    return done("whitelist", _json(Whitelisted(teams)), request.id)


def _changed(
    before: Teams | None, add: Iterable[str] | dict[str, list[str]] | None, remove: list[str] | None
) -> Teams | Rejection | None:
    """The list with names added and removed; the same where nothing is asked."""
    if add is None and remove is None:
        return before
    added = add if isinstance(add, dict) else {"": [*(add or ())]}
    refusal = _bad_names(added)
    if refusal is not None:
        return refusal
    # Who is named twice stands in the list once, as and where he was named last.
    placed = {name.casefold(): (team, name) for team, names in added.items() for name in names}
    if before is None and not placed:  # an empty list would keep everybody out
        return None
    gone = placed.keys() | {name.casefold() for name in remove or ()}
    teams = {
        team: tuple(name for name in names if name.casefold() not in gone)
        for team, names in (before or {}).items()
    }
    for team, name in placed.values():
        teams[team] = (*teams.get(team, ()), name)
    listed = sum(map(len, teams.values()))
    if listed > MAX_LISTED:
        return reject(Code.FILTER_MAX, name="Users", limit=str(MAX_LISTED), got=str(listed))
    return {team: names for team, names in teams.items() if names}


def _bad_names(added: Mapping[str, Iterable[str]]) -> Rejection | None:
    for team, names in added.items():
        refusal = bad_name(team, "team") if team else None
        for name in names:
            refusal = refusal or bad_name(name)
        if refusal is not None:
            return refusal
    return None


def _said(teams: Teams | None) -> str:
    if teams is None:
        return "Everybody may play."
    count = sum(map(len, teams.values()))
    return f"The list of players has {count} {'name' if count == 1 else 'names'} now."


# One player


def _kick(session: "Session", request: r.Kick) -> bytes:
    host = session.host
    account = host.account_of(request.params.username)
    if not account:
        return refused("kick", reject(Code.AUTH_UNKNOWN_USER), request.id)
    name = host.game.engine.accounts[account].name
    no = notice(session, request, "kick", f"{name} was disconnected by the organiser.")
    if no is not None:
        return refused("kick", no, request.id)
    closed = host.close_all(account, REMOVED, but=session)
    return done("kick", _json(Kicked(closed)), request.id)


async def _rotate_user(session: "Session", request: r.RotateUser) -> bytes:
    host, name = session.host, request.params.username
    account, user = host.account_of(name), host.users.find(name)
    if not account or user is None:
        return refused("rotate_user", reject(Code.AUTH_UNKNOWN_USER), request.id)
    token = await host.users.rotate(user.name, keeps_password=False)
    if isinstance(token, Rejection):
        return refused("rotate_user", token, request.id)
    host.close_all(account, REPLACED, but=session)
    notice(session, request, "rotate_user", f"{user.name} was given another token.")
    return done("rotate_user", f'"{token}"', request.id)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
