"""The type of a message, by which faults are chosen, and where one ends in a write."""

import pytest

from cxgame.faults import Face
from cxgame.server.sockets.frames import text_frames
from cxgame.server.sockets.kinds import REPLY, kind_in, kind_out, messages


@pytest.mark.parametrize(
    ("face", "message", "kind"),
    [
        (Face.ORDERS, b'{"cmd":"order","params":{"type":"limit"}}', "order"),
        (Face.ORDERS, b'{ "id": 1, "cmd" : "cancel" }', "cancel"),
        (Face.ORDERS, b'{"type":"limit"}', ""),
        (Face.ORDERS, b"no json", ""),
        (Face.SIMULATOR, b'{"order_type":"LIMIT","type":"PLACE_ORDER"}', "PLACE_ORDER"),
    ],
)
def test_the_type_of_what_comes_in(face: Face, message: bytes, kind: str) -> None:
    """A command at the order server, the frame's type in the simulator's dialect."""
    assert kind_in(face, message) == kind


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (b'{"status":true,"data":{"type":"limit"}}', REPLY),
        (b'{"type":"trade","seq":1}', "trade"),
        (b'{ "type": "ORDER_ACK" }', "ORDER_ACK"),
        (b"", REPLY),
    ],
)
def test_the_type_of_what_goes_out(message: bytes, kind: str) -> None:
    """A pushed frame's own, else `reply`."""
    assert kind_out(message) == kind


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_frames_are_cut_where_they_end(size: int) -> None:
    """Whatever the length of a message, its neighbours are found."""
    payloads = [b"a", b"x" * size, b"z"]
    assert list(messages(text_frames(payloads))) == payloads
