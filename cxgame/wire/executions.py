"""The private stream `executions` as JSON: what became of an account's orders, and of what it owns.

Owns the frames; who is sent them is the sessions' matter. A frame is built once for all
connections of an account, which count their frames each for itself: see `Frame.numbered`.
"""

from collections.abc import Iterable
from typing import NamedTuple

from cxgame.model.enums import Role, Side
from cxgame.model.events import Trade
from cxgame.wire.money import MarketMoney, base_text, quote_text
from cxgame.wire.row_states import Holding
from cxgame.wire.rows import ROLE_WORDS, SIDE_WORDS, seconds, text

CHANNEL = "executions"


class Frame(NamedTuple):
    """A frame without its `seq`."""

    head: bytes
    tail: bytes

    def numbered(self, seq: int) -> bytes:
        """The frame as one connection gets it."""
        return b"%b%d%b" % (self.head, seq, self.tail)


def snapshot(wall_ms: int, orders: list[str], holdings: Iterable[Holding]) -> bytes:
    """Where an account stands; `orders` are rows. The frame after it has seq 1."""
    return (
        f'{{"type":"executions_snapshot","ts":{seconds(wall_ms)},"seq":0,'
        f'"orders":[{",".join(orders)}],"wallets":{_wallets(holdings)}}}'
    ).encode()


def execution(wall_ms: int, event: str, order: str, more: str = "") -> Frame:
    """Something has become of an order; `more` is further members, each with a comma before it."""
    tail = f',"event":"{event}","order":{order}{more}}}'
    return Frame(_head("execution", wall_ms), tail.encode())


def wallets(wall_ms: int, holdings: Iterable[Holding]) -> Frame:
    """Balances have changed; only those that did."""
    return Frame(_head("wallets", wall_ms), f',"wallets":{_wallets(holdings)}}}'.encode())


def fill_member(trade: Trade, side: Side, money: MarketMoney) -> str:
    """One side of a trade, as a further member."""
    fee = int(trade.buy_fee if side is Side.BUY else trade.sell_fee)
    role = Role.TAKER if trade.taker_side is side else Role.MAKER
    return (
        f',"fill":{{"trade_id":"{trade.trade}","price":"{money.price_text(trade.price)}",'
        f'"size":"{money.size_text(trade.quantity)}","fee":"{quote_text(fee)}",'
        f'"fee_asset":{text(money.market.quote)},"role":"{ROLE_WORDS[role]}",'
        f'"side":"{SIDE_WORDS[side]}"}}'
    )


def _head(kind: str, wall_ms: int) -> bytes:
    return f'{{"type":"{kind}","ts":{seconds(wall_ms)},"seq":'.encode()


def _wallets(holdings: Iterable[Holding]) -> str:
    return f"{{{','.join([_wallet(holding) for holding in holdings])}}}"


def _wallet(holding: Holding) -> str:
    amount_text = quote_text if holding.is_quote else base_text
    free, held = holding.free, holding.held
    return (
        f'{text(holding.asset)}:{{"free":"{amount_text(free)}","held":"{amount_text(held)}",'
        f'"total":"{amount_text(free + held)}"}}'
    )
