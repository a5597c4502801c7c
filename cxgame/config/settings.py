"""Every setting of the server, defined once.

The keyword of `CxExchange(usd_start=...)`, the key in a TOML file, the flag `--usd-start`, the
variable `CXGAME_USD_START`, the help and `docs/configuration.md` all come from these fields.
Amounts and rates stay decimal text: whoever uses them scales them to integers.
"""

from dataclasses import dataclass, fields
from pathlib import Path

from cxgame.config import about as a
from cxgame.config.about import GAME, LISTENS, LOGGING, SETUP, STATE, setting
from cxgame.config.faults import Faults
from cxgame.config.grants import grants
from cxgame.config.kinds import (
    amount,
    boolean,
    choice,
    hosts,
    integer,
    optional,
    path,
    seconds,
    several,
)
from cxgame.config.limits import Limits
from cxgame.config.loopback import is_loopback
from cxgame.config.markets import Markets
from cxgame.config.presets import PRESETS
from cxgame.config.rest import Rest
from cxgame.config.valkey import with_password
from cxgame.config.watching import Watching
from cxgame.config.whitelist import Teams, whitelist


@dataclass(frozen=True, kw_only=True)
class Settings(Rest, Markets, Watching, Faults, Limits):
    """The settings of one server, each checked by its kind."""

    exchange_port: int = setting(
        9877, LISTENS, a.PORT, "Port of the order server; 0 picks a free one and prints it."
    )
    feed_port: int = setting(
        9876, LISTENS, a.PORT, "Port of the public feed; 0 picks a free one and prints it."
    )
    http_port: int = setting(
        8000,
        LISTENS,
        a.PORT,
        "Port of the pages, REST and health checks; 0 picks a free one and prints it.",
        variables=("ENGINE_PORT",),
    )
    bind: str = setting(
        "0.0.0.0",  # noqa: S104 a game is there to be joined by others
        LISTENS,
        hosts(),
        "Address to listen on; 127.0.0.1 lets in this computer only.",
    )
    http_bind: str | None = setting(
        None,
        LISTENS,
        optional(hosts()),
        "Address of the HTTP port; without it, that of --bind, or 127.0.0.1 with --test-env.",
    )
    pem_file: Path | None = setting(
        None,
        LISTENS,
        a.OPTIONAL_FILE,
        "File with private key and certificate; all ports then speak TLS (wss, https).",
    )
    ssl_verify: bool = setting(
        True, LISTENS, boolean(), "Verify certificates; switch it off for self-signed ones."
    )

    game: str = setting("main", GAME, a.GAME_NAME, "Name of the game.")
    usd_start: str = setting(
        "10000.00", GAME, amount(), "Money in each new wallet, once per quote currency."
    )
    crypto_start: str = setting("10.0", GAME, amount(), "Coins in each new wallet, once per coin.")
    grants: dict[str, str] | None = setting(
        None,
        GAME,
        optional(grants()),
        "What a new wallet holds of single assets instead, such as USD=100000,BTC=10; assets that "
        "no market trades are left out.",
    )
    sandbox: bool = setting(
        False,
        GAME,
        boolean(),
        "Open an account for whoever names a session over /api/v1 or /ws, without a token.",
    )
    user_limit: int | None = setting(
        None, GAME, optional(integer(1, 1_000_000)), "How many users may play."
    )
    time_limit: float | None = setting(
        None,
        GAME,
        optional(seconds("0.001", "31536000")),
        "Playing time; then orders are cancelled, results written, and the server ends.",
    )
    whitelist: Teams | None = setting(
        None,
        GAME,
        optional(whitelist()),
        "The only users who may play: alice,bob or teams red=alice+bob,blue=carol or a file. "
        "The game opens when all are connected.",
    )
    started: bool = setting(
        True,
        GAME,
        boolean(),
        "Open at once; with --no-started the game waits for `cxgame admin start`.",
        keywords=("is_started",),
    )
    admin_secret: str | None = setting(
        None,
        GAME,
        optional(a.SECRET),
        "Secret of the admin commands; without it, one is made and shown at the first start.",
        is_secret=True,
        has_flag=False,
    )
    admin_secret_file: Path | None = setting(
        None, GAME, a.OPTIONAL_FILE, "File whose first line is the admin secret."
    )
    seed: int | None = setting(
        None,
        GAME,
        optional(integer(0, 2**63 - 1)),
        "The same seed gives the same prices; without it, one is drawn at the first start.",
    )
    bots: tuple[str, ...] = setting(
        (),
        GAME,
        several(a.BOT, ","),
        "House bots to start, such as maker,random:2,momentum, or files of your own.",
    )
    results: Path | None = setting(
        None, GAME, a.OPTIONAL_FILE, "File for the final standings; else one in the data directory."
    )

    data_dir: Path = setting(
        Path("cxgame-data"),
        STATE,
        path("DIR"),
        "Directory in which everything is kept; the next start there goes on.",
    )
    fresh: bool = setting(
        False, STATE, boolean(), "Close the game that is there and begin a new one."
    )
    memory: bool = setting(
        False, STATE, boolean(), "Keep nothing: when the server ends, the game is gone."
    )
    durability: str = setting(
        "always",
        STATE,
        choice("always", "relaxed"),
        "With always, whatever was answered is on disk; relaxed may lose the last second.",
    )
    valkey_url: str | None = setting(
        None,
        STATE,
        optional(a.VALKEY_URL),
        "Keep the state in this Valkey (7.0 or later) instead of the one that comes along.",
        variables=("VALKEY_URL", "REDIS_URL"),
        is_secret=True,  # it may hold a password
    )
    valkey_port: int | None = setting(
        None,
        STATE,
        optional(a.PORT),
        "Open the Valkey that comes along on this port of 127.0.0.1; needs a password.",
    )
    valkey_password: str | None = setting(
        None,
        STATE,
        optional(a.SECRET),
        "Password of the Valkey named by valkey_url or opened by valkey_port.",
        variables=("VALKEY_PASSWORD",),
        is_secret=True,
        has_flag=False,
    )
    takeover: bool = setting(
        False, STATE, boolean(), "Take the game over from a server that still seems to run it."
    )
    accept_loss: bool = setting(
        False,
        STATE,
        boolean(),
        "Go on with what is there although acknowledged batches are missing; for one start.",
    )
    commit_timeout: float = setting(
        5.0,
        STATE,
        seconds("0.1", "600"),
        "How long an order waits for the disk before it is answered with STATE_UNKNOWN.",
    )

    snapshot_interval: float = setting(
        60.0,
        STATE,
        seconds("1", "86400"),
        "How often the state is written to a file, from which the next start goes on.",
    )
    snapshot_commands: int = setting(
        50_000,
        STATE,
        integer(1, 10**9),
        "After how many commands it is written sooner: they are what a start must replay.",
    )

    log_level: str = setting(
        "info", LOGGING, a.LOG_LEVEL, "How much is logged.", variables=("LOG_LEVEL",)
    )
    log_file: Path | None = setting(
        None, LOGGING, a.OPTIONAL_FILE, "File that receives the log as well."
    )

    preset: str | None = setting(
        None,
        SETUP,
        optional(choice(*PRESETS)),
        "Values for a purpose, which hold where nothing else is given: with mockx, an exchange "
        "for one user and his programs over REST; with simulator, one for programs that test how "
        "they trade.",
    )
    config: Path | None = setting(
        None,
        SETUP,
        a.OPTIONAL_FILE,
        "TOML file of settings, or a simulator's configuration if its name ends in .json; without "
        "it, ./cxgame.toml if present.",
    )
    ready_file: Path | None = setting(
        None,
        SETUP,
        a.OPTIONAL_FILE,
        "File that receives the ports and the process id as JSON once the server is ready.",
    )

    @property
    def bind_hosts(self) -> list[str]:
        """The addresses of the order server and the feed."""
        return self.bind.split(",")

    @property
    def http_hosts(self) -> list[str]:
        """The addresses of the HTTP port. Who needs no key comes from this computer."""
        if self.http_bind is not None:
            return self.http_bind.split(",")
        return ["127.0.0.1"] if self.test_env and not self.insecure else self.bind_hosts

    @property
    def http_is_local(self) -> bool:
        """Whether nobody but this computer reaches the HTTP port."""
        return all(map(is_loopback, self.http_hosts))

    @property
    def valkey_address(self) -> str | None:
        """The URL of the Valkey that is not ours, with the password that is set beside it."""
        if self.valkey_url is None:
            return None
        return with_password(self.valkey_url, self.valkey_password)

    @property
    def secrets(self) -> list[str]:
        """Whatever was given that no log may show."""
        names = [name for name, about in ABOUT.items() if about.is_secret]
        return [value for value in (getattr(self, name) for name in names) if value]


ABOUT: dict[str, a.About] = {field.name: field.metadata["about"] for field in fields(Settings)}
DEFAULTS: dict[str, object] = {field.name: field.default for field in fields(Settings)}
