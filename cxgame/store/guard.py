"""Whether the store still has what players were told: asked before a game is gone on with.

Compares a game as the store has it with the high-water marks of its name. A store that has been
emptied, cut, exchanged or put back to an earlier day is refused, with a sentence that says what is
missing and what can be done; with `accept_loss` the game goes on from what is there.
"""

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from cxgame.store.errors import StoreDamaged, StoreError
from cxgame.store.high_water import HighWaterMark, Mark, MarkUnreadable, read_mark
from cxgame.store.keys import GameKeys
from cxgame.store.lease import Head

_LOST = ".lost"  # ends the name of a mark whose game was given up
_OPTIONS = (
    "put Valkey's data back as it was, or restore a backup; to go on with what is there, start once"
    " with --accept-loss; to begin another game, with --fresh"
)

HashAt = Callable[[GameKeys, int], Awaitable[bytes | None]]

log = logging.getLogger("cxgame.store")


class Guard:
    """The marks of one data directory."""

    def __init__(self, folder: Path, *, accept_loss: bool = False) -> None:
        self._folder = folder
        self._accept_loss = accept_loss

    def played(self, name: str) -> int:
        """The highest number under which anything was acknowledged here; 0: none."""
        return max([self._latest(name), *self._numbers(name, _LOST)])

    async def admits(self, keys: GameKeys, head: Head, hash_at: HashAt) -> bool:
        """Whether the game can be gone on with. False: nothing is left of it, which was accepted.

        `hash_at` looks into the store's journal. Raises StoreDamaged for a loss that was not
        accepted.
        """
        loss = await self._loss(keys, head, hash_at)
        if loss is None:
            if self._accept_loss:
                log.warning("--accept-loss: nothing is lost; start without it from now on")
            return True
        if not self._accept_loss:
            raise StoreDamaged(f"{loss}; {_OPTIONS}")
        log.critical("accepted with --accept-loss: %s", loss)
        self.give_up_after(keys)
        return head.seq > 0

    def follow(self, keys: GameKeys, head: Head) -> HighWaterMark:
        """The mark of a game that is opened, set to where it stands. Raises StoreError."""
        path = self._path(keys)
        if head.seq > 0 and not path.exists():
            text = "game %s has no high-water mark here yet; it begins at batch %d"
            log.info(text, keys.id, head.seq)
        try:
            return HighWaterMark(path, Mark(head.epoch, head.seq, head.hash))
        except OSError as error:
            text = f"cannot keep the high-water mark {path}: {error.strerror}"
            raise StoreError(text) from error

    def give_up_after(self, keys: GameKeys) -> None:
        """Set the marks of later games aside: their numbers stay used, but ask for nothing."""
        for number in self._numbers(keys.name):
            if number > keys.number:
                path = self._path(GameKeys(keys.name, number))
                path.replace(path.with_name(path.name + _LOST))

    async def _loss(self, keys: GameKeys, head: Head, hash_at: HashAt) -> str | None:
        """What is missing, as the beginning of a sentence; None if nothing is."""
        latest = self._latest(keys.name)
        if keys.number < latest:
            return self._absence(keys, GameKeys(keys.name, latest))
        if head.seq == 0 and latest > 0 and not self._path(keys).exists():
            known = GameKeys(keys.name, latest).id
            return f"the store names game {keys.id} and holds nothing of it, after game {known}"
        return await self._difference(keys, head, hash_at)

    def _absence(self, keys: GameKeys, lost: GameKeys) -> str:
        seq = self._last_seq(lost)
        until = "" if seq is None else f", of which batch {seq} was acknowledged"
        return (
            f"the store knows nothing of game {lost.id}{until}: it was emptied, or is another one"
            f" (it names game {keys.id})"
        )

    async def _difference(self, keys: GameKeys, head: Head, hash_at: HashAt) -> str | None:
        path = self._path(keys)
        try:
            mark = read_mark(path)
        except MarkUnreadable as error:
            return f"{error}, so nobody can tell whether game {keys.id} is complete"
        except OSError as error:
            raise StoreError(f"cannot read {path}: {error.strerror}") from error
        if mark is None:
            return None
        if head.seq < mark.seq:
            return _shortage(keys, head.seq, mark.seq)
        found = head.hash if mark.seq == head.seq else await hash_at(keys, mark.seq)
        if found is not None and found != mark.hash:
            return (
                f"batch {mark.seq} of game {keys.id} is not the one that was acknowledged:"
                " the store holds another history"
            )
        return None

    def _latest(self, name: str) -> int:
        """The highest number that has a mark here of anything played; 0: none."""
        numbers = self._numbers(name)
        return max((n for n in numbers if self._last_seq(GameKeys(name, n)) != 0), default=0)

    def _last_seq(self, keys: GameKeys) -> int | None:
        """What was acknowledged of a game: the last batch, 0 if none, None if nobody can tell."""
        try:
            mark = read_mark(self._path(keys))
        except (MarkUnreadable, OSError):
            return None
        return mark.seq if mark else 0

    def _numbers(self, name: str, ending: str = "") -> list[int]:
        """Of the games of a name that have a mark here."""
        found = [path.name.removesuffix(ending) for path in self._folder.glob(f"{name}.*{ending}")]
        texts = [text.removeprefix(f"{name}.") for text in found]
        return [int(text) for text in texts if text.isascii() and text.isdigit()]

    def _path(self, keys: GameKeys) -> Path:
        return self._folder / keys.id


def _shortage(keys: GameKeys, have: int, acknowledged: int) -> str:
    missing = acknowledged - have
    what = "batch is" if missing == 1 else "batches are"
    ends = f"ends at batch {have} in the store" if have else "is not in the store at all"
    return (
        f"game {keys.id} {ends}, but batch {acknowledged} was acknowledged: {missing} {what}"
        " missing"
    )
