"""What has happened, for those who ask: fills, closed orders, trades and candles.

`recent` keeps the latest of it in memory, beside the engine. `writing` folds committed batches
into SQLite, `reading` answers from there; they are imported by those who use them, so that the
game itself loads no database.
"""

from cxgame.history.recent import Recent
from cxgame.history.rows import Fill

__all__ = ["Fill", "Recent"]
