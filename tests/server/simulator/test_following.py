"""SUBSCRIBE and UNSUBSCRIBE in one breath, and by who does not stay for the answer."""

import pytest

from tests.server.simulator.clients import BTC, Client, Floor
from tests.server.simulator.test_channels import CHANNELS, follow, numbers, stir


@pytest.mark.parametrize("channel", CHANNELS)
async def test_who_unsubscribes_at_once_follows_nothing(
    floor: Floor, alice: Client, channel: str
) -> None:
    """What is asked for in one breath is done in this order."""
    trader = floor.client("trader")
    await follow(floor.client("first"), channel)
    alice.say("SUBSCRIBE", channel=channel, symbol=BTC)
    assert (await alice.ask("UNSUBSCRIBE", channel=channel, symbol=BTC))["type"] == "UNSUBSCRIBED"
    since = len(alice.line.told)
    await stir(floor, trader, 5)
    await follow(floor.client("last"), channel)
    assert not numbers(alice, channel, since)
    await follow(alice, channel)
    alice.say("UNSUBSCRIBE", channel=channel, symbol=BTC)
    begun = (await follow(alice, channel))["sequence_id"]
    since = len(alice.line.told)
    await stir(floor, trader, 5, seed=2)
    await follow(floor.client("latest"), channel)
    again = numbers(alice, channel, since)
    assert again[-1] > begun
    assert again == list(range(again[0], again[-1] + 1))


async def test_nothing_is_kept_for_nobody(floor: Floor, alice: Client) -> None:
    """Of the house's quotes, when the only one who has ever asked for a channel is gone."""
    channels = floor.hall.channels
    await channels.ready()
    alice.say("SUBSCRIBE", channel="TICKER", symbol=BTC)
    alice.session.closed()
    for bid in range(4_999_000, 4_999_005):
        floor.tick(bid, bid + 500)
    await floor.game.settled()
    assert not channels.is_open
    assert channels._notes.until(10**9) == {}
