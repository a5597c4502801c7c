"""Orders that ended so long ago that memory has lost them: known, unknown, or not known yet.

The database may be behind what memory has lost: it is written beside the game, and anew where it
was damaged or is of an older version. Until it has caught up nobody can say that there is no such
order.
"""

from typing import TYPE_CHECKING

from cxgame.history import Recent
from cxgame.history.reading import HistoryReader, Reach
from cxgame.history.rows import ClosedOrder
from cxgame.model.errors import Code, Rejection, reject

if TYPE_CHECKING:
    from cxgame.server.sessions.host import Host

NOT_KNOWN_YET = "Not known yet: the game's history is still being written. Try again."


async def old_order(host: "Host", account: int, id: int) -> ClosedOrder | Rejection | None:
    """An order of an account that is neither open nor in memory; STATE_UNKNOWN: try again."""
    recent = host.shown.recent
    if not host.past.is_there or id >= recent.closed_floor(account):
        return None

    def question(reader: HistoryReader) -> tuple[Reach, ClosedOrder | None]:
        return reader.reach(), reader.order(account, id)

    unread: tuple[Reach | None, ClosedOrder | None] = None, None
    reach, order = await host.past.ask(question, unread)
    if order is None and is_behind(reach, recent, account):
        return reject(Code.STATE_UNKNOWN)
    return order


def is_behind(reach: Reach | None, recent: Recent, account: int) -> bool:
    """Whether the database, read up to here, may lack orders that memory has lost."""
    return reach is None or reach.wall_ms < recent.closed_before_ms(account)
