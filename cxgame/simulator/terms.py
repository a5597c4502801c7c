"""How patient, how eager and how careful an `ExchangeClient` is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Terms:
    """Times in seconds. The defaults fit delays of a second and a limit of 10 requests/s."""

    timeout_s: float = 30.0  # no call takes longer, repeats included
    reply_s: float = 2.0  # an answer that has not come by then is asked for again
    ping_s: float = 1.0  # after so much silence the server is asked for a sign of life
    silent_s: float = 5.0  # after so much the socket is given up
    audit_s: float = 5.0  # how often the view is compared by REST, whatever is believed
    poll_s: float = 1.0  # the same while the socket is down
    rest_per_s: float = 8.0  # requests by REST; the dialect's limit is 10
    rest_burst: int = 4  # of them at once
    socket_per_s: float = 50.0  # requests by the socket; a server takes 100
    socket_burst: int = 50  # of them at once
    queue: int = 10_000  # frames that may wait for `receive_ws_message`, then the oldest go
