"""What the client takes to belong to a channel is what the exchange sends on it."""

import pytest

from cxgame.client.channels import CARRIES, Wish
from cxgame.wire.feed import CHANNELS, DUE, Due

EVERYWHERE = {"phase", "start", "pause", "shutdown"}


@pytest.mark.parametrize("channel", CHANNELS)
def test_every_frame_of_a_channel_reaches_its_streams(channel: str) -> None:
    """Also those that a channel has only at times, as a thinned one; and no others."""
    due = CHANNELS[channel] | (Due.THINNED if channel == "activity" else Due(0))
    sent = {kind for kind, bits in DUE.items() if bits & due}
    assert sent == CARRIES[channel] | EVERYWHERE
    wish = Wish(frozenset({channel}))
    assert all(wish.fits({"type": kind}) for kind in sent)
