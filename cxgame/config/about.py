"""What is said about a setting, and the groups and named kinds that settings are made of."""

from dataclasses import dataclass, field
from typing import Any

from cxgame.config import kinds
from cxgame.config.kinds import Kind

LISTENS = "Where it listens"
GAME = "The game"
MARKET = "The market"
REST = "REST"
WATCHING = "Watching"
FAULTS = "Network faults"
STATE = "Keeping state"
LIMITS = "Limits"
LOGGING = "Logging"
SETUP = "Set-up"
GROUPS = (LISTENS, GAME, MARKET, REST, WATCHING, FAULTS, STATE, LIMITS, LOGGING, SETUP)

PORT = kinds.integer(0, 65535, "PORT")
SYMBOL = kinds.text("a market such as BTC/USD", "BASE/QUOTE", r"[A-Z0-9]{1,12}/[A-Z0-9]{1,12}")
ASSET = kinds.text("an asset such as USDT", "ASSET", r"[A-Z0-9]{1,12}")
GAME_NAME = kinds.text(
    "1 to 32 of A-Z a-z 0-9 _ - that begin with a letter or digit",
    "NAME",
    r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}",
)
VALKEY_URL = kinds.text(
    "a URL that begins with redis://, rediss://, valkey://, valkeys:// or unix://",
    "URL",
    r"(rediss?|valkeys?|unix)://\S+",
)
ORACLE = kinds.text("a price source such as gbm or ETH/USD=constant:price=50", "SOURCE")
BOT = kinds.text("bots such as maker or random:2", "BOT", r"[A-Za-z0-9_./-]+(:[1-9][0-9]{0,3})?")
# What a header can carry.
KEY = kinds.text("printable ASCII characters without a blank", "KEY", r"[\x21-\x7e]+")
SECRET = kinds.text("a text on one line", "SECRET")
SELF_TRADE = kinds.choice(
    "none", "skip", "expire_taker", "expire_maker", "expire_both", "decrement"
)
LOG_LEVEL = kinds.in_any_case(kinds.choice("debug", "info", "warning", "error"))
OPTIONAL_FILE = kinds.optional(kinds.path())


@dataclass(frozen=True, slots=True)
class About:
    """What is said about a setting beside its type and default."""

    group: str
    kind: Kind
    help: str
    keywords: tuple[str, ...] = ()  # further spellings as keyword and TOML key
    variables: tuple[str, ...] = ()  # further spellings in the environment
    is_secret: bool = False  # never shown: not in an error, a log or a repr
    has_flag: bool = True  # False: other users of the machine could read it in the process list


def setting(default: object, group: str, kind: Kind, help: str, **more: Any) -> Any:
    """A dataclass field that carries what is said about the setting."""
    about = About(group, kind, help, **more)
    return field(default=default, repr=not about.is_secret, metadata={"about": about})
