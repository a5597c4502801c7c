"""Frames of the simulator's WebSocket, read and written without a game."""

import json

import pytest

from cxgame.wire import simulator_frames as frames


@pytest.mark.parametrize("frame", frames.FRAMES)
def test_a_frame_without_its_members_names_what_is_missing(frame: type[frames.Frame]) -> None:
    """Or is whole without any."""
    tag = frame.__struct_config__.tag
    found = frames.parse(json.dumps({"type": tag, "request_id": 7}).encode())
    assert found.request_id == 7
    if isinstance(found, frames.BadFrame):
        assert "missing required field" in found.message
    else:
        assert type(found) is frame


def test_unknown_members_are_passed_over() -> None:
    """Clients send more than is read, such as a time stamp."""
    raw = b'{"type":"PING","timestamp":"2026-01-01T00:00:00Z","x":[{}]}'
    assert frames.parse(raw) == frames.Ping()


def test_a_sentence_that_quotes_is_cut() -> None:
    """What was sent does not come back whole."""
    found = frames.parse(b'{"type":"' + b"x" * 1_000_000 + b'"}')
    assert isinstance(found, frames.BadFrame)
    assert len(found.message) <= frames.MAX_SAID


@pytest.mark.parametrize(
    ("raw", "request_id"),
    [
        (b'{"request_id":"a"}', "a"),
        (b'{"request_id":-1}', -1),
        (b"{}", None),
        (b"[", None),
        (b'{"request_id":true}', None),
        (b'{"request_id":"%b"}' % (b"a" * 65), None),
        (b"\xff", None),
    ],
)
def test_what_marks_a_message(raw: bytes, request_id: str | int | None) -> None:
    """None where it cannot be read."""
    assert frames.request_id_in(raw) == request_id


def test_an_order_that_is_rejected_late() -> None:
    """It has an id, and answers nothing."""
    told = json.loads(frames.order_rejected(0, '"order_id":"7","status":"REJECTED"', 'a "reason"'))
    assert told == {
        "type": "ORDER_REJECT",
        "request_id": None,
        "timestamp": "1970-01-01T00:00:00.000Z",
        "order_id": "7",
        "status": "REJECTED",
        "code": "ORDER_FAILED",
        "reason": 'a "reason"',
    }


def test_an_error_may_have_details() -> None:
    """Or null; it counts as a refusal."""
    plain = frames.error("a", 0, "CODE", "text")
    assert json.loads(plain)["details"] is None
    assert json.loads(frames.error(1, 0, "CODE", "text", {"limit": 3}))["details"] == {"limit": 3}
    assert isinstance(plain, frames.Refusal)
