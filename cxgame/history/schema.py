"""The tables of a game's history, and how its file is opened.

The file is a read model: whatever is wrong with it, it can be deleted and written again from the
archive. Numbers that may pass SQLite's 64 bits (amounts in units, sums of lots) stand in columns
without a type: as integers while they fit, else as text.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec

from cxgame.history.rows import OrderTrigger

VERSION = 3  # of the tables; a file of another version is written anew

SQLITE_MAX = 2**63 - 1

TABLES = """
CREATE TABLE progress (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    position INTEGER NOT NULL,      -- seq of the last batch that is in here
    wall_ms INTEGER NOT NULL        -- its time
);
INSERT INTO progress VALUES (1, 0, 0);
CREATE TABLE markets (
    id INTEGER PRIMARY KEY,
    symbol TEXT NOT NULL,
    tick TEXT NOT NULL,
    lot TEXT NOT NULL,
    tick_lot_units NOT NULL         -- value of one lot at a price of one tick
);
CREATE TABLE trades (
    id INTEGER PRIMARY KEY,
    market INTEGER NOT NULL,
    wall_ms INTEGER NOT NULL,       -- never falls as ids grow
    price INTEGER NOT NULL,         -- ticks
    quantity NOT NULL,              -- lots
    taker_side INTEGER NOT NULL,    -- 0 buy, 1 sell
    buy_order INTEGER NOT NULL,     -- order and account 0: the house
    sell_order INTEGER NOT NULL,
    buy_account INTEGER NOT NULL,
    sell_account INTEGER NOT NULL,
    buy_fee NOT NULL,               -- units of quote
    sell_fee NOT NULL
);
CREATE INDEX trades_of_market ON trades (market);
CREATE INDEX trades_of_buyer ON trades (buy_account) WHERE buy_account > 0;
CREATE INDEX trades_of_seller ON trades (sell_account) WHERE sell_account > 0;
CREATE INDEX trades_of_buy ON trades (buy_order) WHERE buy_order > 0;
CREATE INDEX trades_of_sell ON trades (sell_order) WHERE sell_order > 0;
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL,
    market INTEGER NOT NULL,
    verb INTEGER NOT NULL,
    side INTEGER NOT NULL,
    type INTEGER NOT NULL,
    price INTEGER NOT NULL,         -- ticks
    quantity INTEGER NOT NULL,      -- lots, as are the next two
    left_over INTEGER NOT NULL,
    filled NOT NULL,
    value NOT NULL,                 -- units of quote, as are the next two
    fees NOT NULL,
    budget NOT NULL,
    time_in_force INTEGER NOT NULL,
    status INTEGER NOT NULL,        -- 0: open
    cid TEXT NOT NULL,
    wall_ms INTEGER NOT NULL,       -- when it was placed; never falls as ids grow
    reason INTEGER,                 -- why it ended with something left, if it did
    comment TEXT NOT NULL,          -- what its owner is told of that
    ended_ms INTEGER NOT NULL,      -- 0 while it is open
    -- JSON of a `cxgame.history.rows.OrderTrigger`, if it had one. While it is armed it stands here
    -- where it was placed: a trail moves without events.
    trigger TEXT
);
-- With its end, so that those that ended too long ago are passed over without their rows.
CREATE INDEX closed_orders ON orders (account, id, ended_ms) WHERE status > 0;
CREATE INDEX open_orders ON orders (status) WHERE status = 0;
CREATE TABLE candles (
    span INTEGER NOT NULL,          -- seconds
    market INTEGER NOT NULL,
    start INTEGER NOT NULL,         -- seconds since 1970, a multiple of span
    open INTEGER NOT NULL,          -- ticks, as are the next three
    high INTEGER NOT NULL,
    low INTEGER NOT NULL,
    close INTEGER NOT NULL,
    quantity NOT NULL,              -- lots
    trades INTEGER NOT NULL,
    PRIMARY KEY (span, market, start)
) WITHOUT ROWID;
"""

_WRITING = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA wal_autocheckpoint = 4000;
PRAGMA cache_size = -32000;
"""
# What SQLite says of a file that it cannot read as a database.
_UNREADABLE = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)


def history_file(data_dir: Path, game_id: str) -> Path:
    """Where the history of a game lies; `game_id` is like `main.1`."""
    return data_dir / "history" / f"{game_id}.sqlite"


def open_for_writing(path: Path) -> sqlite3.Connection:
    """The file with its tables; an old or unreadable one is replaced by an empty one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    database = _connect(path, "rwc")
    if _version(database) != VERSION:
        database.close()
        forget(path)
        database = _connect(path, "rwc")
        database.executescript(_WRITING)
        database.executescript(f"BEGIN; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
    else:
        database.executescript(_WRITING)
    return database


def open_for_reading(path: Path) -> sqlite3.Connection | None:
    """The file, for any one thread at a time; None while there is nothing to read in it."""
    try:
        # Not "ro": a reader must be able to finish what a writer that was killed left behind.
        database = _connect(path, "rw")
    except sqlite3.OperationalError:
        return None
    if _version(database) != VERSION:
        database.close()
        return None
    database.execute("PRAGMA query_only = ON")
    return database


def stored_position(path: Path) -> int:
    """Seq of the last batch that is in a file; 0 if there is none that can be read."""
    try:
        database = open_for_reading(path)
        if database is None:
            return 0
        with closing(database):
            return int(database.execute("SELECT position FROM progress").fetchone()[0])
    except sqlite3.DatabaseError:
        return 0


def is_damage(error: BaseException) -> bool:
    """Whether an error says that a file is damaged: it will not pass by itself."""
    code = getattr(error, "sqlite_errorcode", 0)  # Python's own errors have none
    return code & 0xFF in _UNREADABLE  # the rest of a code says more of the same


def forget(path: Path) -> None:
    """Delete a file that nobody writes: the next writer begins an empty one."""
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)


def stored(number: int) -> int | str:
    """A number as a column without a type takes it; `int()` reads it back."""
    return number if -SQLITE_MAX <= number <= SQLITE_MAX else str(number)


def trigger_text(trigger: OrderTrigger) -> str:
    """A trigger as its column takes it."""
    return msgspec.json.encode(trigger).decode()


def trigger_from(text: str) -> OrderTrigger:
    """A trigger as it was stored."""
    return msgspec.json.decode(text, type=OrderTrigger)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    # Transactions are begun and ended by hand.
    return sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
    )


def _version(database: sqlite3.Connection) -> int:
    """The version of the tables; 0 for an empty file, -1 for one that is no database."""
    try:
        return int(database.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode not in _UNREADABLE:
            raise
        return -1
