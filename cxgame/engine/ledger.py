"""The double-entry ledger: accounts, what they own, and one verb to move it.

Each account has two columns, free and held, with one cell per asset, in units. The house (account
0) issues grants and collects fees; it alone may fall below zero, so that for every asset the sum
over all cells is zero, always. A transfer cannot change a sum: it subtracts what it adds.
"""

from collections import deque

from cxgame.engine.orders import Order
from cxgame.model.enums import Side

HOUSE = 0


class Flow:
    """What went into or out of an account in all, and what it was worth at the time."""

    __slots__ = ("amount", "value")

    def __init__(self, amount: int = 0, value: int = 0) -> None:
        self.amount = amount
        self.value = value  # units of the cash asset


class Total:
    """What an account has traded of one market and side in all."""

    __slots__ = ("count", "fee", "lots", "value")

    def __init__(self, count: int = 0, lots: int = 0, value: int = 0, fee: int = 0) -> None:
        self.count = count
        self.lots = lots
        self.value = value
        self.fee = fee


class Account:
    """A user in a game."""

    __slots__ = (
        "admin",
        "admin_held",
        "bot",
        "cids",
        "closed_cids",
        "closed_orders",
        "deposits",
        "first_order",
        "free",
        "held",
        "id",
        "name",
        "orders",
        "sandbox",
        "team",
        "totals",
        "withdrawals",
    )

    def __init__(self, id: int, name: str, team: str, bot: bool, assets: int) -> None:
        self.id = id
        self.name = name
        self.team = team
        self.bot = bot
        self.admin = False
        self.sandbox = False  # opened by a session that anybody may name
        self.free = [0] * assets
        self.held = [0] * assets
        self.orders: dict[int, Order] = {}  # open ones, by id
        self.cids: dict[str, tuple[int, int]] = {}  # cid → order id, fingerprint
        self.closed_orders = 0  # how many have ended
        # (number of the ended order, game time in ns, cid), oldest first
        self.closed_cids: deque[tuple[int, int, str]] = deque()
        # What few accounts have; assets by name, amounts in units.
        self.admin_held: dict[str, int] = {}  # part of `held` that belongs to no order
        self.deposits: dict[str, Flow] = {}
        self.withdrawals: dict[str, Flow] = {}
        self.totals: dict[tuple[int, Side], Total] = {}  # by market and side
        self.first_order = 0  # orders below were there before the account was set back

    def same_team(self, other: "Account") -> bool:
        """Whether orders of the two meet as one's own."""
        return self is other or (bool(self.team) and self.team == other.team)


class Ledger:
    """All accounts of a game and the assets they hold."""

    __slots__ = ("accounts", "assets", "house_free")

    def __init__(self) -> None:
        self.assets: list[str] = []
        self.accounts: list[Account] = [Account(HOUSE, "house", "", True, 0)]
        self.house_free = self.accounts[HOUSE].free

    def add_asset(self, name: str) -> int:
        """The column of an asset, made if it is new."""
        if name not in self.assets:
            self.assets.append(name)
            for account in self.accounts:
                account.free.append(0)
                account.held.append(0)
        return self.assets.index(name)

    def column(self, asset: str) -> int:
        """The column of a known asset; raises ValueError for an unknown one."""
        return self.assets.index(asset)

    def open_account(self, name: str, team: str, bot: bool) -> Account:
        """A new account that owns nothing."""
        account = Account(len(self.accounts), name, team, bot, len(self.assets))
        self.accounts.append(account)
        return account

    def transfer(self, source: list[int], target: list[int], asset: int, amount: int) -> None:
        """Move `amount` units of an asset from one column to another.

        Raises ArithmeticError, before anything moved, for a negative amount or a source other
        than the house that does not have it: both are bugs of the caller.
        """
        rest = source[asset] - amount
        if (rest < 0 and source is not self.house_free) or amount < 0:
            raise ArithmeticError(f"transfer of {amount} from {source[asset]}")
        source[asset] = rest
        target[asset] += amount

    def totals(self) -> dict[str, int]:
        """Per asset the sum over all cells; every one must be zero."""
        return {
            asset: sum(account.free[column] + account.held[column] for account in self.accounts)
            for column, asset in enumerate(self.assets)
        }
