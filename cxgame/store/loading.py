"""Why a Valkey of ours did not start, found in its log: is what it kept damaged, or is it else?

Valkey writes many lines for one cause, and the last one is not always the one that tells.
"""

import re
from pathlib import Path

from cxgame.store.errors import FileCutShort, StoreDamaged, StoreError

# What Valkey 7 to 9 say when they cannot load their files, the most telling first.
_DAMAGE = tuple(
    re.compile(text)
    for text in (
        r"(?P<why>Bad file format) reading the append only file (?P<file>[^\s:]+)",
        r"(?P<why>Unexpected end of file) reading the append only file (?P<file>\S+)\. You can",
        r"rror reading the append only file (?P<file>[^\s:,]+)[:,] (?:error: )?(?P<why>.+)",
        r"Unable to obtain the AOF file (?P<file>\S+) length\. stat: (?P<why>.+)",
        r"RDB reading offset \d+, function at \S+ -> (?P<why>.+)(?P<file>)",
        r"(?P<why>Short read) or OOM loading DB(?P<file>)",
        r"(?P<why>(?:Invalid|Found an empty|Read|The) AOF manifest.*)(?P<file>)",
        r"(?P<why>FATAL AOF MANIFEST FILE ERROR)(?P<file>)",
        r"(?P<why>(?:ASSERTION FAILED|crashed by signal).*)(?P<file>)",
    )
)
_PREFIX = re.compile(r"^\d+:\S \d+ \S+ \d+ \S+ [*#.-] ")  # pid:role day month year time level
_CUT = "Unexpected end of file"
_LONGEST_CAUSE = 120
_OPTIONS = (
    "put a copy of that folder back, or restore a backup; `valkey-check-aof --fix` keeps what is"
    " before the damage, then start once with --accept-loss; to begin another game, move the folder"
    " away and start with --fresh"
)


def start_error(data_dir: Path, words: str) -> StoreError:
    """The error for a Valkey that ended before it was ready and wrote `words`."""
    lines = [_PREFIX.sub("", line).strip() for line in words.splitlines()]
    for pattern in _DAMAGE:
        for found in filter(None, map(pattern.search, lines)):
            return _damaged(data_dir, found["file"], found["why"])
    said = [line for line in lines if line]
    return StoreError(f"Valkey did not start: {said[-1] if said else 'it says nothing'}")


def _damaged(data_dir: Path, file: str, why: str) -> StoreDamaged:
    folder = data_dir / "valkey"
    where = f"{file} in {folder}" if file else f"{folder}"
    # What follows in some sentences is quoted from the file: it may be anything, a secret too.
    cause = why.partition(", with args")[0].strip()[:_LONGEST_CAUSE]
    shown = "".join(letter if letter.isprintable() else "?" for letter in cause)
    text = f"what Valkey kept is damaged ({where}: {shown}); {_OPTIONS}"
    return FileCutShort(text, file) if cause == _CUT else StoreDamaged(text)
