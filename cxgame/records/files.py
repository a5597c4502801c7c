"""The files of an export: they appear when all of them are whole, or not at all."""

import csv
import gzip
import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from cxgame.records.errors import Misuse

Row = Callable[[Iterable[object]], object]  # writes one row


class ExportFiles:
    """CSV files in one folder. Leaving the block by an error removes what was begun."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, IO[str]] = {}
        self._drafts: dict[Path, Path] = {}  # draft → final name

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
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
                for draft, path in self._drafts.items():
                    draft.rename(path)
        finally:
            for draft in self._drafts:
                draft.unlink(missing_ok=True)

    @property
    def names(self) -> list[str]:
        """Of all files, in the order in which they were begun."""
        return [path.name for path in self._drafts.values()]

    def begin(self, name: str, columns: Sequence[str]) -> Row:
        """A new file with its header; `.gz` is compressed. Raises Misuse if it is there."""
        path = self._folder / name
        if path.exists():
            raise Misuse(f"{path} is there already; give a new directory")
        draft = self._folder / f".{name}.part"
        self._drafts[draft] = path
        file: IO[str]
        if name.endswith(".gz"):
            binary = gzip.GzipFile(draft, "wb", mtime=0)  # the same game, the same bytes
            file = io.TextIOWrapper(binary, encoding="utf-8", newline="")
        else:
            file = draft.open("w", encoding="utf-8", newline="")
        self._open[name] = file
        row: Row = csv.writer(file, lineterminator="\n").writerow
        row(columns)
        return row

    def close(self, name: str) -> None:
        """Nothing more comes into a file."""
        self._open.pop(name).close()
