"""An acknowledgement that is written as it leaves: only then its channel's number is known."""

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
