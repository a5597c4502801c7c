"""`cxgame export`: a recording as CSV, verified on the way like any replay."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from cxgame.model.events import is_public
from cxgame.records.errors import Misuse
from cxgame.records.files import ExportFiles
from cxgame.records.source import Source
from cxgame.records.tables import TABLES, Step, Table
from cxgame.records.tardis import Tardis
from cxgame.recovery import JournalDamaged, Replay

ALL = "all"
_YIELD_EVERY = 50  # entries between two looks at whether somebody wants it to end


def read_what(text: str) -> tuple[str, ...]:
    """The tables that are named, separated by commas; raises Misuse."""
    named = [word.strip() for word in text.split(",")]
    for word in named:
        if word not in (ALL, *TABLES):
            raise Misuse(f"--what must be some of {', '.join(TABLES)} or {ALL}, not {word!r}")
    return tuple(TABLES) if ALL in named else tuple(dict.fromkeys(named))


async def export_tables(
    source: Source, folder: Path, what: Iterable[str], *, tardis: bool = False
) -> list[str]:
    """Write the tables; returns the names of the files. Raises JournalDamaged, OSError."""
    with ExportFiles(folder) as files:
        tables: list[Table] = [TABLES[name](files) for name in what]
        if tardis:
            tables.append(Tardis(files))
        run, local_us = Replay(remember=False), 0
        async for entry in source.entries():
            if entry.seq % _YIELD_EVERY == 0:
                await asyncio.sleep(0)
            seq = run.engine.event_seq
            effects = run.take(entry)
            engine = run.engine
            for _, events in effects:
                seq += sum(map(is_public, events))
                local_us = max(local_us + 1, engine.wall_ms * 1000)
                step = Step(seq, engine.wall_ms, local_us, events, engine)
                for table in tables:
                    table.take(step)
        if (run.batch_seq, run.batch_hash) != source.head:
            raise JournalDamaged(run.batch_seq, "the journal should end with another")
        for table in tables:
            table.end(run.engine)
    return files.names
