"""The course of a game: rules, accounts, opening, pausing, rounds, the end."""

from cxgame.engine import settling
from cxgame.engine.house import fill_crossed
from cxgame.engine.ledger import Account
from cxgame.engine.standings import standings
from cxgame.engine.state import NS_PER_MS, Applied, MarketState, State
from cxgame.engine.timers import Due, Task
from cxgame.model.commands import AddMarket, Close, OpenAccount, SetRules, StartRound
from cxgame.model.enums import Phase, Reason
from cxgame.model.errors import Code, Rejection, reject
from cxgame.model.events import (
    AccountOpened,
    MarketAdded,
    PhaseChanged,
    Results,
    RoleGranted,
    RoundStarted,
    RulesSet,
    StartRequested,
)
from cxgame.model.market import Market, build_market
from cxgame.model.rules import with_market
from cxgame.model.units import parse_units


def set_rules(state: State, command: SetRules, applied: Applied) -> None:
    """Found the game, or change what may change; markets may be added.

    Raises ValueError for rules that no server may ask for, which is a bug.
    """
    rules = command.rules
    if len(rules.markets) < len(state.markets):
        raise ValueError("a market cannot be taken away")
    for id, market_rules in enumerate(rules.markets):
        base = state.ledger.add_asset(market_rules.base)
        quote = state.ledger.add_asset(market_rules.quote)
        market = build_market(id, market_rules, base, quote)
        if id < len(state.markets):
            if _terms(market) != _terms(state.markets[id].market):
                raise ValueError(f"{market.symbol} cannot change: orders and holds rest on it")
            state.markets[id].market = market
        else:
            state.markets.append(MarketState(market))
            state.market_ids[market.symbol] = id
    for asset, amount in rules.grants.items():
        if parse_units(amount) < 0 or asset not in state.ledger.assets:
            raise ValueError(f"cannot grant {amount} {asset}")
    if state.rules is None:
        state.account_ids["house"] = 0
        state.round = 1
        state.start_requested = rules.started
    state.take_rules(rules)
    for place in state.markets:
        state.update_mid(place)
    state.timers.drop(Task.END)
    if rules.time_limit_ms is not None:
        due = Due(rules.time_limit_ms * NS_PER_MS, state.command_seq + 1, Task.END)
        state.timers.add(due)
    applied.events.append(RulesSet(rules.version, rules.markets))


def add_market(state: State, command: AddMarket, applied: Applied) -> None:
    """Open one more market, unless its symbol is there. Raises ValueError as `set_rules` does."""
    if command.rules.symbol in state.market_ids:
        return
    rules = state.known_rules
    base = state.ledger.add_asset(command.rules.base)
    quote = state.ledger.add_asset(command.rules.quote)
    id = len(state.markets)
    state.markets.append(MarketState(build_market(id, command.rules, base, quote)))
    state.market_ids[command.rules.symbol] = id
    state.rules = with_market(rules, command.rules)
    applied.events.append(MarketAdded(command.rules))


def _terms(market: Market) -> tuple[str, int, int, int, int]:
    """What gives the orders of a market and their holds their meaning."""
    units = market.lot_units, market.tick_lot_units
    return market.symbol, *units, market.maker_rate, market.taker_rate


def open_account(state: State, command: OpenAccount, applied: Applied) -> None:
    """Enter a user; for a name that is in already, find the account."""
    known = state.account_ids.get(command.name.casefold())
    if known is not None:
        applied.account = state.accounts[known]
        return
    refusal = entry_refusal(state, command.name, bot=command.bot)
    if refusal is not None:
        applied.rejection = refusal
        return
    team = listed_team(state, command.name)
    account = state.ledger.open_account(command.name, team or command.team, command.bot)
    account.sandbox = command.sandbox
    state.account_ids[command.name.casefold()] = account.id
    _grant(state, account)
    applied.account = account
    applied.events.append(AccountOpened(account.id, account.name, account.team, account.bot))


def entry_refusal(
    state: State, name: str, *, bot: bool = False, entering: int = 0
) -> Rejection | None:
    """Why a name without an account may not enter; None if it may.

    `entering` counts players who are about to enter and have no account yet.
    """
    if state.phase is Phase.CLOSED:
        return reject(Code.STATE_CLOSED)
    if bot:
        return None
    rules = state.known_rules
    if rules.whitelist is not None and listed_team(state, name) is None:
        return reject(Code.AUTH_NOT_LISTED)
    if rules.user_limit is None:  # then there may be so many that nobody should count them
        return None
    players = entering + sum(not account.bot for account in state.accounts)
    if players >= rules.user_limit:
        return reject(Code.LIMIT_USERS, limit=str(rules.user_limit), got=str(players))
    return None


def listed_team(state: State, name: str) -> str | None:
    """The team under which a name is listed ("" for none); None when it is not listed."""
    for team, names in (state.known_rules.whitelist or {}).items():
        if name.casefold() in (listed.casefold() for listed in names):
            return team
    return None


def _grant(state: State, account: Account) -> None:
    for asset, amount in state.known_rules.grants.items():
        column = state.ledger.column(asset)
        state.ledger.transfer(state.house.free, account.free, column, parse_units(amount))


def grant_role(state: State, account_id: int, applied: Applied) -> None:
    """Make an account an admin."""
    account = state.accounts[account_id]
    if not account.admin:
        account.admin = True
        applied.events.append(RoleGranted(account_id))


def start(state: State, applied: Applied) -> None:
    """Resume a paused game; before the opening, note that play may begin."""
    if state.phase is Phase.PAUSED:
        _enter(state, Phase.OPEN, "start", applied)
    elif state.phase is Phase.REGISTRATION and not state.start_requested:
        state.start_requested = True
        applied.events.append(StartRequested(wanted=True))


def open_game(state: State, applied: Applied) -> None:
    """Open the market for the first time."""
    if state.phase is Phase.REGISTRATION:
        _enter(state, Phase.OPEN, "open", applied)


def pause(state: State, applied: Applied) -> None:
    """Stop matching; before the opening, take back the word that play may begin."""
    if state.phase is Phase.OPEN:
        _enter(state, Phase.PAUSED, "pause", applied)
    elif state.phase is Phase.REGISTRATION and state.start_requested:
        state.start_requested = False
        applied.events.append(StartRequested(wanted=False))


def _enter(state: State, phase: Phase, why: str, applied: Applied) -> None:
    state.phase = phase
    applied.events.append(PhaseChanged(phase, state.remaining_ms, why))
    for market in state.markets:
        fill_crossed(state, market, applied)
        state.update_mid(market)


def close(state: State, command: Close, applied: Applied) -> None:
    """End the game for good."""
    _cancel_everything(state, applied)
    _enter(state, Phase.CLOSED, command.why, applied)
    applied.events.append(Results(state.round, standings(state)))


def end_round(state: State, applied: Applied) -> None:
    """End the round: cancel all, pause, settle the standings."""
    _cancel_everything(state, applied)
    if state.phase is Phase.OPEN:
        _enter(state, Phase.PAUSED, "end of round", applied)
    applied.events.append(Results(state.round, standings(state)))


def start_round(state: State, command: StartRound, applied: Applied) -> None:
    """Set every account back to the grants. Refused while the game is open."""
    if state.phase is Phase.OPEN:
        applied.rejection = reject(Code.STATE_NOT_OPEN)
        return
    _cancel_everything(state, applied)
    state.round += 1
    for account in state.accounts[1:]:
        account.admin_held.clear()
        for cells in (account.held, account.free):
            for column, amount in enumerate(cells):
                state.ledger.transfer(cells, state.house.free, column, amount)
        _grant(state, account)
    applied.events.append(RoundStarted(state.round, command.seed))


def _cancel_everything(state: State, applied: Applied) -> None:
    for order_id in sorted(state.orders):
        settling.close(state, state.orders[order_id], Reason.CLOSED, applied)
    state.timers.drop(Task.ORDER)
