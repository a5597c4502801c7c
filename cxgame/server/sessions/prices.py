"""Setting a price by hand, for faces that know nothing of the oracle."""

from decimal import Decimal
from typing import Protocol

from cxgame.engine.state import Applied


class Prices(Protocol):
    """Where a price is set by hand."""

    async def set_price(
        self,
        symbol: str,
        price: Decimal,
        bid_volume: Decimal | None = None,
        ask_volume: Decimal | None = None,
    ) -> Applied:
        """Let bid and ask of a market be this price, or say in `rejection` why not."""
        ...
