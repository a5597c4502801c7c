"""Layer 2: what a program needs to live with a bad network, in parts that know no network.

`Backoff` says how long to wait before the next try, `Heartbeat` when a connection is dead,
`Sequence` and `SequenceTracker` what is missing, came twice or came late, `RateBudget` when the
next request may go, `Reconciler` what has to be asked for again, and `Troubles` counts all of it.
No part opens a socket, sleeps or reads a clock: time is an argument, in seconds of a clock that
never goes back. The clients of cxgame are built of these, and so may any other be.
"""

from cxgame.network.backoff import Backoff
from cxgame.network.budget import RateBudget
from cxgame.network.heartbeat import Heartbeat, Pulse
from cxgame.network.reconciler import Doubt, Reconciler
from cxgame.network.sequence import Arrival, Sequence, SequenceTracker
from cxgame.network.troubles import Troubles

__all__ = [
    "Arrival",
    "Backoff",
    "Doubt",
    "Heartbeat",
    "Pulse",
    "RateBudget",
    "Reconciler",
    "Sequence",
    "SequenceTracker",
    "Troubles",
]
