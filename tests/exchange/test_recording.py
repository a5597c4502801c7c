"""A recorded back-test is a game like any other: verified, damaged, refused."""

from pathlib import Path

import pytest
from hypothesis import given

from cxgame.exchange import Exchange, Side
from cxgame.model.batch import unseal
from cxgame.open_batch import MAX_BATCH_COMMANDS, MAX_BATCH_EVENTS
from cxgame.ports import Entry
from cxgame.records.recorded import save
from cxgame.recovery import JournalDamaged, Replay
from tests.exchange.moves import Move, on_exchange, recorded_for
from tests.exchange.test_against_engine import GAMES, LIQUIDITY, PLAYED


def replayed(entries: tuple[Entry, ...]) -> str:
    """The hash of the state that a journal leads to, every effect compared."""
    run = Replay()
    for entry in entries:
        run.take(entry)
    return run.engine.state_hash().hex()


@PLAYED
@given(LIQUIDITY, GAMES)
def test_a_replay_leads_to_the_same_state(liquidity: str, moves: list[Move]) -> None:
    """Whatever was asked, and wherever the journal is looked at."""
    exchange = recorded_for(liquidity)
    for number, move in enumerate(moves):
        on_exchange(exchange, move)
        if number % 25 == 0:
            assert replayed(exchange.journal()) == exchange.state_hash()
    assert replayed(exchange.journal()) == exchange.state_hash()


def test_batches_are_bounded() -> None:
    """By commands, and by events, as a server's are."""
    exchange = Exchange(record=True, max_open_orders=0)
    ann, bob = exchange.account("ann"), exchange.account("bob")
    for _ in range(MAX_BATCH_COMMANDS + 100):
        ann.sell("0.01", 1000)
    for _ in range(7):
        for _ in range(MAX_BATCH_EVENTS // 7):
            ann.sell("0.001", 1001)
        ann.cancel_all()
    bob.buy("0.01", 900)
    lengths = [len(unseal(entry.record)[0].commands) for entry in exchange.journal()]
    assert max(lengths) == MAX_BATCH_COMMANDS
    assert len(lengths) > 4
    assert replayed(exchange.journal()) == exchange.state_hash()


def test_what_only_counts_as_yes_is_written_down_as_yes() -> None:
    """A journal takes no other truth."""
    exchange = Exchange(record=True)
    ann = exchange.account("ann")
    ann.buy(1, 900, post_only=1)  # type: ignore[typeddict-item]
    ann.place_lots(Side.BUY, 10**10, 90_000, post_only=1)  # type: ignore[arg-type]
    assert replayed(exchange.journal()) == exchange.state_hash()


def test_a_reset_begins_another_journal() -> None:
    """With the rules, as every journal does."""
    exchange = Exchange(record=True)
    exchange.account("ann").buy(1, 900)
    exchange.reset()
    assert replayed(exchange.journal()) == exchange.state_hash()


def test_a_journal_can_be_kept_in_a_file(tmp_path: Path) -> None:
    """It is verified on the way; a journal that was altered is refused, and leaves no file."""
    exchange = Exchange(liquidity="house", record=True)
    ann = exchange.account("ann")
    for second in range(10):
        exchange.advance_to(1_000 * second)
        exchange.tick(1000 + second)
        ann.buy("0.1")
    verified = save(exchange.journal(), tmp_path / "kept.backup")
    assert verified.state_hash.hex() == exchange.state_hash()
    assert (verified.trades, verified.game) == (10, "backtest.1")
    first, second_entry, *rest = exchange.journal()
    with pytest.raises(JournalDamaged):
        save((first, *rest), tmp_path / "cut.backup")
    altered = second_entry._replace(record=second_entry.record[:-1] + b"x")
    with pytest.raises(JournalDamaged):
        save((first, altered, *rest), tmp_path / "altered.backup")
    assert [path.name for path in tmp_path.iterdir()] == ["kept.backup"]


def test_without_being_asked_nothing_is_recorded() -> None:
    """It costs time and memory."""
    with pytest.raises(ValueError, match="record=True"):
        Exchange().journal()
