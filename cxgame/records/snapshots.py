"""The snapshots beside a journal: compared with what the journal leads to, or begun from."""

from cxgame.engine.restoring import UnknownSchema, load
from cxgame.ports import Snapshot
from cxgame.records.errors import Misuse, RecordsError
from cxgame.records.source import Source
from cxgame.recovery import JournalDamaged, Replay
from cxgame.store.snapshots import SnapshotDamaged, Snapshots, read_snapshot, snapshot_folder


def snapshots_of(source: Source) -> dict[int, Snapshot]:
    """The kept snapshots of a record, by batch; raises RecordsError for a damaged one."""
    if source.folder is None:
        return {}
    folder = Snapshots(snapshot_folder(source.folder, f"{source.name}.{source.number}")).folder
    found: dict[int, Snapshot] = {}
    for path in sorted(folder.glob("*.snap")):
        try:
            snapshot = read_snapshot(path)
        except SnapshotDamaged as error:
            raise RecordsError(f"the snapshot {path} is damaged: {error}") from error
        except FileNotFoundError:
            continue  # the server that is playing has made a newer one
        if snapshot.seq <= source.head.seq:
            found[snapshot.seq] = snapshot
    return found


def begin(snapshots: dict[int, Snapshot], end: int) -> Replay:
    """A replay that begins with the oldest snapshot, so that a newer one is compared on the way."""
    fitting = [seq for seq in snapshots if seq <= end]
    if not fitting:
        raise Misuse("there is no snapshot to begin from")
    snapshot = snapshots[min(fitting)]
    try:
        return Replay(snapshot, remember=False)
    except UnknownSchema as error:
        raise _unreadable(snapshot, error) from error


def compare(snapshot: Snapshot, run: Replay) -> None:
    """Whether a snapshot shows where a replay has come to; raises JournalDamaged."""
    if snapshot.hash != run.batch_hash:
        raise JournalDamaged(snapshot.seq, "the snapshot there belongs to another history")
    try:
        shown = load(snapshot.state)
    except UnknownSchema as error:
        raise _unreadable(snapshot, error) from error
    if shown.state_hash() != run.engine.state_hash():
        raise JournalDamaged(snapshot.seq, "the snapshot there shows another state")


def _unreadable(snapshot: Snapshot, error: UnknownSchema) -> RecordsError:
    return RecordsError(f"the snapshot of batch {snapshot.seq} cannot be read: {error}")
