"""The limits of a server: one for everything that somebody could ask for without end."""

from dataclasses import dataclass

from cxgame.config.about import LIMITS, setting
from cxgame.config.kinds import integer


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The part of the settings that bounds what a connection, an account or an address may do."""

    rate_limit: int = setting(
        100,
        LIMITS,
        integer(0, 1_000_000),
        "Messages a second per connection, so that one hasty bot slows nobody; 0 switches it off.",
    )
    rate_burst: int = setting(
        200,
        LIMITS,
        integer(1, 1_000_000),
        "Messages at once per connection, before the rate counts.",
    )
    young_cancel_ms: int = setting(
        0,
        LIMITS,
        integer(0, 3_600_000),
        "Milliseconds for which an order is young: to cancel or amend it then costs more messages;"
        " 0 switches it off.",
    )
    young_cancel_cost: int = setting(
        5,
        LIMITS,
        integer(1, 1_000_000),
        "Messages of the rate limit that a cancel or amend of a young order counts as.",
    )
    bcast_rate: int = setting(
        1,
        LIMITS,
        integer(0, 1000),
        "Broadcasts a second per account: everybody reads them; 0 switches it off.",
    )
    max_bcast: int = setting(
        500, LIMITS, integer(1, 10_000), "Characters of a broadcast, which is sent to everybody."
    )
    max_open_orders: int = setting(
        200,
        LIMITS,
        integer(0, 10_000_000),
        "Open orders per account: all are kept in memory; 0 switches it off.",
    )
    max_levels: int = setting(
        10_000,
        LIMITS,
        integer(1, 1_000_000),
        "Price levels on each side of a market: a new one costs time in proportion.",
    )
    max_message: int = setting(
        65_536,
        LIMITS,
        integer(1024, 16_777_216),
        "Bytes of a message or a request body; the longest honest one is far below.",
    )
    max_outstanding: int = setting(
        1000,
        LIMITS,
        integer(1, 1_000_000),
        "Messages of a connection that may wait for their answer before it is read no further.",
    )
    max_page: int = setting(
        1000,
        LIMITS,
        integer(1, 100_000),
        "Rows in one answer of a list, so that a long one delays nobody.",
    )
    max_connections_per_address: int = setting(
        400, LIMITS, integer(1, 1_000_000), "Connections from one address; a class shares one."
    )
    max_connections_per_account: int = setting(
        20,
        LIMITS,
        integer(1, 1_000_000),
        "Connections of one account: one bot needs one, or two while it reconnects.",
    )
    max_registrations_per_minute: int = setting(
        200,
        LIMITS,
        integer(1, 1_000_000),
        "New users a minute from one address: a class begins together.",
    )
    feed_buffer: int = setting(
        1_048_576,
        LIMITS,
        integer(131_072, 1_073_741_824),  # twice what who catches up is sent at once
        "Bytes that a spectator of the feed, or a player who follows channels, may leave unread "
        "before it is dropped.",
    )
