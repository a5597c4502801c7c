"""After an accepted loss: archive, snapshots and history go back to where the journal ends.

They were kept from a journal that was longer. What is taken away is set aside, not deleted.
"""

import logging
import shutil
import time
from pathlib import Path

from cxgame.history.schema import history_file
from cxgame.store.api import GameStore
from cxgame.store.archive import Archive, archive_folder
from cxgame.store.snapshots import snapshot_folder

log = logging.getLogger("cxgame.server")


def rewind(kept: GameStore, data_dir: Path) -> None:
    """Shorten what was kept of a game to its head. Raises OSError and ArchiveDamaged."""
    folder = archive_folder(data_dir, kept.id)
    archive = Archive(folder)
    if archive.last_seq <= kept.head_seq:
        return
    aside = data_dir / "set_aside" / f"{kept.id}-{int(time.time())}"
    aside.mkdir(parents=True)
    shorter = Archive(aside / "shorter")
    shorter.append(entry for entry in archive.entries() if entry.seq <= kept.head_seq)
    folder.rename(aside / "archive")
    if shorter.folder.exists():  # else nothing is left of it
        shorter.folder.rename(folder)
    snapshots = snapshot_folder(data_dir, kept.id)
    for path in snapshots.glob("*.snap"):
        if int(path.stem) > kept.head_seq:
            path.rename(aside / path.name)
    history = history_file(data_dir, kept.id)
    for path in history.parent.glob(f"{history.name}*"):
        shutil.move(path, aside / path.name)  # the keeper writes it anew from the archive
    log.critical(
        "game %s goes on from batch %d; what was kept of later ones is in %s",
        kept.id,
        kept.head_seq,
        aside,
    )
