"""A game in play with everything it lives on: store, journal, rules, users, prices.

Owns the order in which these come up and go down. Sockets are not its matter.
"""

import asyncio
import logging
import secrets
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from cxgame import logs
from cxgame.clock import SystemClock
from cxgame.config import ConfigError, Loaded, Settings
from cxgame.engine.engine import Engine
from cxgame.game import Game
from cxgame.history.schema import history_file
from cxgame.limits import Limits
from cxgame.model.commands import SetRules
from cxgame.model.enums import Phase
from cxgame.model.rules import Rules
from cxgame.oracle import OracleError
from cxgame.ports import Journal, JournalFault
from cxgame.recovery import JournalDamaged, Replayed, replay
from cxgame.server.errors import FENCED, JOURNAL_FAULT, PlayFault, StartError
from cxgame.server.play.evidence import keep_in
from cxgame.server.play.faults import deck_of
from cxgame.server.play.keeping import KeeperProcess, journal_of, snapshots_of
from cxgame.server.play.measured import MeasuredJournal, Observe
from cxgame.server.play.people import load_users
from cxgame.server.play.prices import build_oracle
from cxgame.server.play.ranking import Ranking
from cxgame.server.play.reading_back import TailJournal, reader
from cxgame.server.play.results import results_path, write_results
from cxgame.server.play.rewinding import rewind
from cxgame.server.play.rules import changed_rules, new_rules
from cxgame.server.play.ticking import Ticking
from cxgame.server.sessions.host import Host
from cxgame.server.sessions.shown import ReadBack
from cxgame.store.api import GameStore, Store
from cxgame.store.archive import ArchiveDamaged, archive_folder
from cxgame.store.errors import StoreDamaged, StoreError, StoreUnavailable
from cxgame.store.opening import open_store
from cxgame.views import everything

_REMEDY = (
    "restore a backup, or put Valkey's data back as it was; to begin another game, start with"
    " --fresh"
)

log = logging.getLogger("cxgame.server")


@dataclass
class Play:
    """One game in play. Made by `open_play`, ended by `close`."""

    settings: Settings
    store: Store
    game: Game
    host: Host
    journal: Journal
    continued: bool  # the game was begun by an earlier start
    ended_before: str | None  # the game that was found closed, which this one follows
    admin_secret: str | None  # if it was made now: to be shown once
    ticking: Ticking
    stopped_ms: int  # by the wall clock: when the game was played last; 0 for a new one
    keeper: KeeperProcess | None  # None: there is nothing to keep
    _stack: AsyncExitStack = field(repr=False)

    @property
    def id(self) -> str:
        """How people call the game: `main.1`."""
        return f"{self.game.name}.{self.game.number}"

    async def ended(self) -> None:
        """Return when the game was closed; raises `PlayFault` when it cannot go on."""
        closed = asyncio.ensure_future(self.game.closed.wait())
        failed = asyncio.ensure_future(self.game.failed.wait())
        try:
            await asyncio.wait({closed, failed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            closed.cancel()
            failed.cancel()
        if self.game.fault is not None:
            raise _fault(self.id, self.game.fault)

    def write_results(self) -> None:
        """Keep the final standings of a game that is over."""
        path = results_path(self.settings, self.id)
        if path is not None:
            _write_results(path, self.game.engine)

    async def close(self) -> None:
        """Make what is open durable and let go of everything."""
        await self._stack.aclose()


async def open_play(loaded: Loaded, observe: Observe) -> Play:
    """Bring a game up as the settings say; `observe` takes the seconds of each commit.

    Raises `StartError`.
    """
    async with AsyncExitStack() as stack:
        try:
            return await _open(loaded, observe, stack)
        except StoreDamaged as error:
            raise StartError(str(error), JOURNAL_FAULT) from error
        except (ConfigError, StoreError, StoreUnavailable, OracleError) as error:
            raise StartError(str(error)) from error
        except (JournalDamaged, ArchiveDamaged) as error:
            raise StartError(f"{error}; {_REMEDY}", JOURNAL_FAULT) from error
        except JournalFault as error:
            text = f"the journal cannot be read: {error.detail}; {_REMEDY}"
            raise StartError(text, JOURNAL_FAULT) from error
        except OSError as error:  # of what is kept beside the store
            text = f"cannot use {error.filename or loaded.settings.data_dir}: {error.strerror}"
            raise StartError(text) from error


async def _open(loaded: Loaded, observe: Observe, stack: AsyncExitStack) -> Play:
    settings = loaded.settings
    deck = deck_of(settings)
    store = await _open_store(settings)
    stack.push_async_callback(store.close)
    kept, whole, replayed, ended_before = await _find_game(store, settings)
    stopped_ms = replayed.engine.wall_ms
    await kept.views.replace(everything(replayed.engine, replayed.batch_seq))
    data_dir = Path(settings.data_dir)
    journal = MeasuredJournal(whole, observe)
    game = Game(
        journal,
        SystemClock(),
        replayed.engine,
        replayed.recent,
        name=kept.name,
        number=kept.number,
        batch_seq=replayed.batch_seq,
        batch_hash=replayed.batch_hash,
        commit_timeout_s=settings.commit_timeout,
        keep_evidence=keep_in(data_dir / "failures"),
        recover=lambda: replay(journal, snapshots_of(kept, data_dir, game.batch_seq)),
    )
    kept.on_fault(game.fail)
    keeper = None
    if kept.keeper_access is not None:
        keeper = KeeperProcess(settings, kept.keeper_access)
        stack.push_async_callback(keeper.stop)  # after the game, whose last batch it should have
    game.start()
    stack.push_async_callback(game.stop)
    await _set_rules(game, loaded)
    users = await load_users(store.users, game.engine, accept_loss=settings.accept_loss)
    secret = await users.set_admin_secret(settings.admin_secret)
    logs.hide(*filter(None, [secret]))
    wait_s = settings.commit_timeout  # a user's record is durable as fast as an order, or in doubt
    history = None if settings.memory else history_file(data_dir, kept.id)
    host = Host(
        game,
        users,
        SystemClock(),
        _limits(settings),
        answer_within_s=wait_s,
        history=history,
        read_back=_reader(kept, whole, data_dir),
        fault_seed=settings.fault_seed,
    )
    host.sandbox = settings.sandbox
    if host.sandbox:  # prices of the past from the beginning on
        host.market_watch.begin()
    stack.push_async_callback(host.close)
    host.dealing.start(deck)
    host.prices = ticking = _start_oracle(game, store, settings, stack)
    _end_with(asyncio.create_task(Ranking(game, kept.views).run()), stack)
    if keeper is not None:
        keeper.start()
    continued = replayed.batch_seq > 0
    return Play(
        settings,
        store,
        game,
        host,
        journal,
        continued,
        ended_before,
        secret,
        ticking,
        stopped_ms,
        keeper,
        stack.pop_all(),
    )


async def _open_store(settings: Settings) -> Store:
    return await open_store(
        memory=settings.memory,
        valkey_url=settings.valkey_url,
        data_dir=settings.data_dir,
        durability=settings.durability,
        valkey_port=settings.valkey_port,
        valkey_password=settings.valkey_password,
        takeover=settings.takeover,
        accept_loss=settings.accept_loss,
    )


class _Found(NamedTuple):
    """A game to play."""

    kept: GameStore
    journal: TailJournal  # all of it, archive included
    replayed: Replayed
    ended_before: str | None


async def _find_game(store: Store, settings: Settings) -> _Found:
    """The game to play: the one that is kept, or the next if that is over."""
    kept = await store.open_game(settings.game, fresh=settings.fresh)
    data_dir = Path(settings.data_dir)
    if settings.accept_loss and kept.keeper_access is not None:
        rewind(kept, data_dir)
    journal, replayed = await _replay(kept, data_dir)
    if replayed.engine.phase is not Phase.CLOSED:
        return _Found(kept, journal, replayed, None)
    _write_missing_results(settings, kept.id, replayed)
    following = await store.next_game(settings.game)
    return _Found(following, *await _replay(following, data_dir), kept.id)


async def _replay(kept: GameStore, data_dir: Path) -> tuple[TailJournal, Replayed]:
    journal = TailJournal(journal_of(kept, data_dir))
    snapshots = snapshots_of(kept, data_dir, kept.head_seq, kept.head_hash)
    replayed = await replay(journal, snapshots)
    if (replayed.batch_seq, replayed.batch_hash) != (kept.head_seq, kept.head_hash):
        raise JournalDamaged(replayed.batch_seq, f"its head is batch {kept.head_seq}")
    return journal, replayed


def _reader(kept: GameStore, journal: TailJournal, data_dir: Path) -> ReadBack | None:
    """How to find what a halted game had released; a game in memory has nowhere to look."""
    if kept.keeper_access is None:
        return None
    return reader(
        journal,
        lambda seq: snapshots_of(kept, data_dir, seq),
        archive_folder(data_dir, kept.id),
    )


def _write_missing_results(settings: Settings, game_id: str, replayed: Replayed) -> None:
    """A server that was killed at the very end could not write them."""
    path = results_path(settings, game_id)
    if path is not None and settings.results is None and not path.exists():
        _write_results(path, replayed.engine)


def _write_results(path: Path, engine: Engine) -> None:
    try:
        write_results(path, engine.standings())
    except OSError as error:  # the standings are in the journal still
        log.error("cannot write the results to %s: %s", path, error.strerror)
    else:
        log.info("results: %s", path)


async def _set_rules(game: Game, loaded: Loaded) -> None:
    """Found a new game, or change of an old one what may change."""
    before: Rules | None = game.engine.rules
    if before is None:
        rules = new_rules(loaded.settings, loaded.given, secrets.randbelow(2**63))
    else:
        rules = changed_rules(before, loaded.settings, loaded.given)
    if rules is not before:
        game.submit(SetRules(rules), "server", 0, None)
        await game.settled()
        if game.fault is not None:
            raise _fault(f"{game.name}.{game.number}", game.fault)


def _limits(settings: Settings) -> Limits:
    return Limits(**{name: getattr(settings, name) for name in Limits._fields})


def _start_oracle(game: Game, store: Store, settings: Settings, stack: AsyncExitStack) -> Ticking:
    engine = game.engine
    oracle = build_oracle(engine.known_rules, engine.markets, game.name, settings.ticker_max_age)
    ticking = Ticking(game, oracle, store.tickers, discovers=settings.discover_tickers)
    _end_with(ticking.start(), stack)
    return ticking


def _end_with(task: "asyncio.Task[None]", stack: AsyncExitStack) -> None:
    """Cancel a task that runs beside the game when that is let go of."""

    async def stop() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(stop)


def _fault(game_id: str, error: BaseException) -> PlayFault:
    if isinstance(error, JournalFault) and error.reason == "FENCED":
        return PlayFault("another server has taken the game over", FENCED)
    return PlayFault(f"game {game_id} cannot go on: {error}", JOURNAL_FAULT)
