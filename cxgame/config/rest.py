"""The settings of the REST face, and of the jobs that look after its orders.

Their variables without a prefix are those of the programs whose clients it serves.
"""

from dataclasses import dataclass

from cxgame.config import about as a
from cxgame.config.about import REST, setting
from cxgame.config.kinds import boolean, duration, optional, seconds

_ANSWER_TIME = seconds("0", "3600")
_MINUTES = duration("minutes", "0", "525600")
_HOURS = duration("hours", "0", "876000")


@dataclass(frozen=True, kw_only=True)
class Rest:
    """The part of the settings that clients over REST notice."""

    api_key: str | None = setting(
        None,
        REST,
        optional(a.KEY),
        "Key of the user mockx, who is an admin. Without one, or with invalid-key, it is "
        "invalid-key where only this computer reaches the port, else one is made and shown once.",
        variables=("API_KEY",),
        is_secret=True,
        has_flag=False,
    )
    test_env: bool = setting(
        False,
        REST,
        boolean(),
        "Take everybody without a key for the user mockx; on addresses of this computer only.",
        variables=("TEST_ENV",),
    )
    insecure: bool = setting(
        False,
        REST,
        boolean(),
        "Allow --test-env and the key invalid-key on other addresses too, as inside a container.",
    )
    cash_asset: str | None = setting(
        None,
        REST,
        optional(a.ASSET),
        "Asset in which holdings, deposits and trades are valued; without it, the quote of the "
        "first market.",
        variables=("CASH_ASSET",),
    )
    min_answer_time: float = setting(
        0.0,
        REST,
        _ANSWER_TIME,
        "The least time between a market order and its execution.",
        variables=("MIN_TIME_ANSWER_ORDER_MARKET",),
    )
    max_answer_time: float = setting(
        0.0,
        REST,
        _ANSWER_TIME,
        "The most time between a market order and its execution.",
        variables=("MAX_TIME_ANSWER_ORDER_MARKET",),
    )
    prune_every: float = setting(
        0.0,
        REST,
        _MINUTES,
        "How often old orders are looked for, to forget or expire them; 0 switches it off.",
        variables=("PRUNE_EVERY_MIN",),
    )
    stale_after: float = setting(
        24.0,
        REST,
        _HOURS,
        "Age at which an order that is over is no longer listed; 0 for never.",
        variables=("STALE_AFTER_H",),
    )
    expire_after: float = setting(
        24.0,
        REST,
        _HOURS,
        "Time without a trade after which an open order expires; 0 for never.",
        variables=("EXPIRE_AFTER_H",),
    )
    sanity_check_every: float = setting(
        0.0,
        REST,
        _MINUTES,
        "How often balances and open orders are compared; 0 switches it off.",
        variables=("SANITY_CHECK_EVERY_MIN",),
    )
