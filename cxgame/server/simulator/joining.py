"""Acknowledgements with which a channel begins or ends for a session: as they leave.

Only then a channel's number is known; and who asks for a beginning and an end at once gets both, in
this order.
"""

from cxgame.model.batch import RequestId
from cxgame.server.simulator.books import Opening
from cxgame.wire.simulator_frames import ChannelName


class Joining(bytes):
    """Stands for the answer to a SUBSCRIBE until that is released."""

    channel: ChannelName
    market: int
    request_id: RequestId
    opening: Opening | None  # where the books stood when it was asked for

    @classmethod
    def of(
        cls, channel: ChannelName, market: int, request_id: RequestId, opening: Opening | None
    ) -> "Joining":
        """The answer to come."""
        joining = cls(b"joining")  # an answer that is empty would be none
        joining.channel, joining.market = channel, market
        joining.request_id, joining.opening = request_id, opening
        return joining


class Leaving(bytes):
    """The answer to an UNSUBSCRIBE."""

    channel: ChannelName
    market: int

    @classmethod
    def of(cls, answer: bytes, channel: ChannelName, market: int) -> "Leaving":
        """The same answer, which says what ends with it."""
        leaving = cls(answer)
        leaving.channel, leaving.market = channel, market
        return leaving
