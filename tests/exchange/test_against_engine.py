"""The facade adds nothing to the engine and loses nothing of it, whatever is asked."""

from collections import Counter
from decimal import Decimal

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from cxgame.exchange import Exchange
from tests.exchange.moves import GRANTS, MOVES, NAMES, Move, Plain, exchange_for, on_exchange

GAMES = st.lists(MOVES, min_size=60, max_size=120)
LIQUIDITY = st.sampled_from(("none", "house"))
PLAYED = settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow],
)


def owned(exchange: Exchange, asset: str) -> Decimal:
    """What all accounts own of an asset together."""
    return sum((account.balance(asset).total for account in exchange.accounts), Decimal(0))


@PLAYED
@given(LIQUIDITY, GAMES)
def test_decimals_and_commands_lead_to_the_same_state(liquidity: str, moves: list[Move]) -> None:
    """After every move: the same refusal, the same hash, and sound books."""
    exchange, plain = exchange_for(liquidity), Plain(liquidity)
    for move in moves:
        asked, applied = on_exchange(exchange, move), plain.take(move)
        assert asked == applied, move
        assert exchange.state_hash() == plain.engine.state_hash().hex(), move
    assert exchange.audit() == []


@PLAYED
@given(LIQUIDITY, GAMES)
def test_no_asset_is_made_or_lost(liquidity: str, moves: list[Move]) -> None:
    """What accounts and house own is what was granted; without a house, fees are all that goes."""
    exchange = exchange_for(liquidity)
    for move in moves:
        on_exchange(exchange, move)
    for asset, grant in GRANTS.items():
        assert exchange.engine.ledger.totals()[asset] == 0
        paid = sum((fill.fee for each in exchange.accounts for fill in each.fills()), Decimal(0))
        if liquidity == "none":
            fees = paid if asset == "USD" else 0
            assert owned(exchange, asset) == len(NAMES) * Decimal(grant) - fees


@PLAYED
@given(LIQUIDITY, GAMES)
def test_fills_explain_every_balance(liquidity: str, moves: list[Move]) -> None:
    """Grant, plus what was bought, less what was sold and paid, is what an account owns."""
    exchange = exchange_for(liquidity)
    for move in moves:
        on_exchange(exchange, move)
    for account in exchange.accounts:
        expected = {asset: Decimal(grant) for asset, grant in GRANTS.items()}
        for fill in account.fills():
            sign = 1 if fill.side == "buy" else -1
            expected[fill.symbol.partition("/")[0]] += sign * fill.quantity
            expected["USD"] -= sign * fill.value + fill.fee
        assert {asset: row.total for asset, row in account.balances().items()} == expected


@PLAYED
@given(LIQUIDITY, GAMES)
def test_the_same_calls_lead_to_the_same_state(liquidity: str, moves: list[Move]) -> None:
    """On two exchanges, and on one that was reset in between."""
    first, second = exchange_for(liquidity), exchange_for(liquidity)
    for exchange in (first, second, first):
        exchange.reset()
        for move in moves:
            on_exchange(exchange, move)
    assert first.state_hash() == second.state_hash()
    assert first.trades() == second.trades()


def test_the_games_are_worth_playing() -> None:
    """Among them are trades, fees, and refusals before and after the book is looked at."""
    met: Counter[str] = Counter()

    @seed(1)
    @PLAYED
    @given(LIQUIDITY, GAMES)
    def play(liquidity: str, moves: list[Move]) -> None:
        exchange = exchange_for(liquidity)
        met.update(on_exchange(exchange, move) for move in moves)
        met["trades"] += len(exchange.trades())
        met["fees"] += sum(fill.fee > 0 for each in exchange.accounts for fill in each.fills())

    play()
    assert met["trades"] > 150
    assert met["fees"] > 100
    codes = "FILTER_MIN_SIZE ORDER_NOT_FOUND ORDER_FOK ORDER_POST_ONLY ORDER_NO_MATCH"
    assert set(codes.split()) <= set(met)
