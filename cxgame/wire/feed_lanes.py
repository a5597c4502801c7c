"""Lanes: spectators with the same subscription share the same bytes.

A lane knows the last seq that was due to it, and joins what is due of a batch into one string of
WebSocket frames, built once and written to every member. Sans-I/O: members are anything.
"""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from cxgame.wire.feed import ALL_MARKETS, Due, Subscription
from cxgame.wire.feed_frames import NO_SEQ, Frame

Member = TypeVar("Member")

_TEXT = 0x81  # a final frame of text; a server's frames are not masked


def text_message(payload: bytes) -> bytes:
    """One unfragmented WebSocket text message from a server (RFC 6455, 5.2)."""
    length = len(payload)
    if length < 126:
        return bytes((_TEXT, length)) + payload
    if length < 65536:
        return bytes((_TEXT, 126)) + length.to_bytes(2, "big") + payload
    return bytes((_TEXT, 127)) + length.to_bytes(8, "big") + payload


def pack(frames: Iterable[Frame], wants: int, market: int, prev_seq: int) -> tuple[bytes, int]:
    """The messages of the frames that are due, and the last seq among them (else `prev_seq`)."""
    messages = []
    for due, about, seq, head in frames:
        if not due & wants or (about != market and ALL_MARKETS not in (about, market)):
            continue
        if seq == NO_SEQ:
            messages.append(text_message(head))
        else:
            messages.append(text_message(b"%b%d}" % (head, prev_seq)))
            prev_seq = seq
    return b"".join(messages), prev_seq


class Lane(Generic[Member]):
    """One subscription and who has it."""

    def __init__(self, subscription: Subscription, prev_seq: int, now: float) -> None:
        self.subscription = subscription
        self.members: set[Member] = set()
        self.prev_seq = prev_seq
        self.certain = False  # whether `prev_seq` was due here, or is only where a member began
        self.sent_at = now  # when anything was last due, for the heartbeat
        self.wants = int(subscription.wants)

    def thin(self, thinned: bool) -> None:
        """Leave out the detail of the activity, or take it in again; `full` is never thinned."""
        wants = self.subscription.wants
        if thinned and Due.DETAIL in wants and Due.FULL not in wants:
            wants = (wants & ~Due.DETAIL) | Due.THINNED
        self.wants = int(wants)

    def pack(self, frames: Iterable[Frame], now: float) -> bytes:
        """What the members are due of these frames; b"" if nothing."""
        market = self.subscription.market
        data, prev_seq = pack(frames, self.wants, market, self.prev_seq)
        if data:
            self.sent_at = now
        if prev_seq != self.prev_seq:
            self.prev_seq, self.certain = prev_seq, True
        return data


class Lanes(Generic[Member]):
    """The lanes that have members."""

    def __init__(self) -> None:
        self.thinned = False
        self._lanes: dict[Subscription, Lane[Member]] = {}
        self._lane_of: dict[Member, Lane[Member]] = {}

    def join(
        self, member: Member, subscription: Subscription, prev_seq: int, now: float
    ) -> Lane[Member]:
        """Put a member on the lane of its subscription; `prev_seq` is the last it was due.

        As long as nothing was due on a lane, its `prev_seq` is the least of its members': a
        higher one would look like a loss to them.
        """
        self.leave(member)
        lane = self._lanes.get(subscription)
        if lane is None:
            lane = self._lanes[subscription] = Lane(subscription, prev_seq, now)
            lane.thin(self.thinned)
        elif not lane.certain:
            lane.prev_seq = min(lane.prev_seq, prev_seq)
        lane.members.add(member)
        self._lane_of[member] = lane
        return lane

    def of(self, member: Member) -> Lane[Member] | None:
        """The lane that a member is on."""
        return self._lane_of.get(member)

    def leave(self, member: Member) -> None:
        """Take a member off; a lane without members ends."""
        lane = self._lane_of.pop(member, None)
        if lane is not None:
            lane.members.discard(member)
            if not lane.members:
                del self._lanes[lane.subscription]

    def thin(self, thinned: bool) -> None:
        """Thin every lane that carries the whole activity, or none."""
        self.thinned = thinned
        for lane in self._lanes.values():
            lane.thin(thinned)

    @property
    def wants(self) -> int:
        """The bits that any lane wants."""
        wants = 0
        for lane in self._lanes.values():
            wants |= lane.wants
        return wants

    def markets(self, due: int) -> set[int]:
        """The markets, or `ALL_MARKETS`, of the lanes that want any of these bits."""
        return {lane.subscription.market for lane in self._lanes.values() if lane.wants & due}

    def __iter__(self) -> Iterator[Lane[Member]]:
        return iter(self._lanes.values())

    def __len__(self) -> int:
        return len(self._lane_of)
