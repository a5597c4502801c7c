"""The frames of the channel `executions` as types; `cxgame.wire.executions` writes them."""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from cxgame.wire.fields import SideWord
from cxgame.wire.row_types import OrderRow, RoleWord, Wallet

EventWord = Literal[
    "accepted", "triggered", "filled", "reduced", "amended", "cancelled", "expired", "rejected"
]


class ExecutionsFrame(Struct, frozen=True, kw_only=True, tag_field="type"):
    """Base of what the channel carries; `seq` counts from 1 without gaps."""

    ts: float
    seq: int


class ExecutionsSnapshot(ExecutionsFrame, frozen=True, kw_only=True, tag="executions_snapshot"):
    """Where the account stands as one begins to follow it; `seq` 0."""

    orders: list[OrderRow]
    wallets: dict[str, Wallet]


class ExecutionFill(Struct, frozen=True):
    """The account's side of a trade."""

    trade_id: str
    price: str
    size: str
    fee: str
    fee_asset: str
    role: RoleWord
    side: SideWord


class Execution(ExecutionsFrame, frozen=True, kw_only=True, tag="execution"):
    """Something has become of an order, which is shown as it is after the command that did it."""

    event: EventWord
    order: OrderRow
    fill: ExecutionFill | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    comment: str | UnsetType = UNSET


class WalletsFrame(ExecutionsFrame, frozen=True, kw_only=True, tag="wallets"):
    """Balances have changed; only those that did."""

    wallets: dict[str, Wallet]


EXECUTIONS: tuple[type[ExecutionsFrame], ...] = tuple(ExecutionsFrame.__subclasses__())
