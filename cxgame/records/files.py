"""The files of an export: they appear when all of them are whole, or not at all."""

import csv
import gzip
import io
import secrets
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, NamedTuple, Self

from cxgame.records.errors import Misuse

_MOST_OPEN = 128  # files at a time; markets may be thousands, and some systems allow 256

Row = Callable[[Iterable[object]], object]  # writes one row


class _Open(NamedTuple):
    """A file that is open, and the way to write a row of it."""

    file: IO[str]
    row: Row


class ExportFiles:
    """CSV files in one folder. Leaving the block by an error removes what was begun."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # A folder of its own: two exports to one place do not mix.
        self._draft_folder = folder / f".{secrets.token_hex(4)}.part"
        self._open: dict[str, _Open] = {}  # the one that was written to last comes last
        self._drafts: dict[Path, Path] = {}  # draft → final name

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._draft_folder.mkdir()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            for name in list(self._open):
                self.close(name)
            if kind is None:
                for path in self._drafts.values():
                    _refuse_taken(path)
                for draft, path in self._drafts.items():
                    draft.rename(path)
        finally:
            for draft in self._drafts:
                draft.unlink(missing_ok=True)
            self._draft_folder.rmdir()

    @property
    def names(self) -> list[str]:
        """Of all files, in the order in which they were begun."""
        return [path.name for path in self._drafts.values()]

    def begin(self, name: str, columns: Sequence[str]) -> Row:
        """A new file with its header; `.gz` is compressed. Raises Misuse if it is there."""
        path = self._folder / name
        _refuse_taken(path)
        self._drafts[self._draft(name)] = path

        def row(cells: Iterable[object]) -> None:
            opened = self._open.pop(name) if name in self._open else self._opened(name, "a")
            self._open[name] = opened
            opened.row(cells)

        self._open[name] = self._opened(name, "w")
        row(columns)
        return row

    def close(self, name: str) -> None:
        """Nothing more comes into a file."""
        if name in self._open:  # else it has made room for another
            self._open.pop(name).file.close()

    def _draft(self, name: str) -> Path:
        return self._draft_folder / name

    def _opened(self, name: str, mode: str) -> _Open:
        """A file, for which the one that was not written to for longest may have to make room."""
        if len(self._open) >= _MOST_OPEN:
            self.close(next(iter(self._open)))
        draft = self._draft(name)
        file: IO[str]
        if name.endswith(".gz"):
            binary = gzip.GzipFile(draft, f"{mode}b", mtime=0)  # the same game, the same bytes
            file = io.TextIOWrapper(binary, encoding="utf-8", newline="")
        else:
            file = draft.open(mode, encoding="utf-8", newline="")
        return _Open(file, csv.writer(file, lineterminator="\n").writerow)


def _refuse_taken(path: Path) -> None:
    if path.exists():
        raise Misuse(f"{path} is there already; give a new directory")
