"""After an accepted loss: archive, snapshots and history go back to where the journal ends.

They were kept from a journal that was longer. What is taken away is set aside, not deleted.
"""

import logging
import shutil
import time
from pathlib import Path

from cxgame.history.schema import history_file, stored_position
from cxgame.store.api import GameStore
from cxgame.store.archive import Archive, archive_folder
from cxgame.store.snapshots import snapshot_folder

log = logging.getLogger("cxgame.server")


def rewind(kept: GameStore, data_dir: Path) -> None:
    """Shorten what was kept of a game to its head. Raises OSError and ArchiveDamaged."""
    folder, history = archive_folder(data_dir, kept.id), history_file(data_dir, kept.id)
    archive = Archive(folder)
    is_archived = archive.last_seq > kept.head_seq
    if not is_archived and stored_position(history) <= kept.head_seq:
        return  # the history is a minute ahead of the archive at times
    aside = data_dir / "set_aside" / f"{kept.id}-{int(time.time())}"
    aside.mkdir(parents=True)
    if is_archived:
        _shorten(archive, kept.head_seq, aside)
    snapshots = snapshot_folder(data_dir, kept.id)
    for path in snapshots.glob("*.snap"):
        if int(path.stem) > kept.head_seq:
            path.rename(aside / path.name)
    for path in history.parent.glob(f"{history.name}*"):
        shutil.move(path, aside / path.name)  # the keeper writes it anew from the archive
    log.critical(
        "game %s goes on from batch %d; what was kept of later ones is in %s",
        kept.id,
        kept.head_seq,
        aside,
    )


def _shorten(archive: Archive, head_seq: int, aside: Path) -> None:
    """Put an archive that ends at the head in the place of a longer one."""
    shorter = Archive(aside / "shorter")
    shorter.append(entry for entry in archive.entries() if entry.seq <= head_seq)
    archive.folder.rename(aside / "archive")
    if shorter.folder.exists():  # else nothing is left of it
        shorter.folder.rename(archive.folder)
