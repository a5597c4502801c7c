"""The trigger of an order as a member of its row, for its owner alone."""

from typing import Protocol

from cxgame.model.enums import TriggerBy, TriggerKind
from cxgame.wire.money import MarketMoney, percent_text

KIND_WORDS = tuple(kind.name.lower() for kind in TriggerKind)
BY_WORDS = tuple(by.name.lower() for by in TriggerBy)


class TriggerState(Protocol):
    """What is shown of a trigger; prices in ticks, but `trigger2`."""

    @property
    def kind(self) -> TriggerKind: ...
    @property
    def by(self) -> TriggerBy: ...
    @property
    def trigger2(self) -> int:
        """Where it fires, or has fired, in half ticks."""
        ...

    @property
    def trail(self) -> int: ...
    @property
    def trail_rate(self) -> int: ...
    @property
    def max_price(self) -> int: ...
    @property
    def armed(self) -> bool: ...


def trigger_member(trigger: TriggerState, money: MarketMoney) -> str:
    """The trigger as a further member of an order's row, with a comma before it."""
    more = ""
    if trigger.trail:
        more = f',"trail":"{money.price_text(trigger.trail)}"'
    elif trigger.trail_rate:
        more = f',"trail_percent":"{percent_text(trigger.trail_rate)}"'
    if trigger.max_price:
        more += f',"max_price":"{money.price_text(trigger.max_price)}"'
    return (
        f',"trigger":{{"kind":"{KIND_WORDS[trigger.kind]}","by":"{BY_WORDS[trigger.by]}",'
        f'"price":"{money.market.mid_text(trigger.trigger2)}",'
        f'"armed":{"true" if trigger.armed else "false"}{more}}}'
    )
