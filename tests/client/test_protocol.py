"""Requests and replies as text."""

import json

import pytest

from cxgame.client.protocol import (
    Garbage,
    NotAnExchange,
    Reply,
    Unsendable,
    channel_request,
    read_message,
    request,
)


def test_a_request_is_cmd_params_and_id() -> None:
    """Parameters that are None are left out."""
    frame = request("book", {"symbol": None, "depth": 5}).frame(7)
    assert json.loads(frame) == {"cmd": "book", "params": {"depth": 5}, "id": 7}


def test_an_admin_secret_stands_for_a_login() -> None:
    """An organiser with the secret need not be a user."""
    assert request("start", {"secret": None}).login
    assert not request("start", {"secret": "s"}).login


@pytest.mark.parametrize("value", [float("nan"), object(), {1, 2}])
def test_what_json_cannot_say_is_unsendable(value: object) -> None:
    """The caller hears of it in words before anything is sent."""
    with pytest.raises(Unsendable, match="cancel"):
        request("cancel", {"order_id": value})


def test_a_reply_is_read_with_all_its_parts() -> None:
    """Everything beside `status` finds its field."""
    raw = '{"status":false,"message":"No.","data":{"limit":1},"code":"LIMIT_ORDERS","id":3}'
    reply = read_message(raw)
    assert isinstance(reply, Reply)
    assert reply.number == 3
    response = reply.response
    assert (response.status, response.msg, response.data) == (False, "No.", {"limit": 1})
    assert (response.raw, response.code, response.more) == (raw, "LIMIT_ORDERS", False)


def test_what_is_pushed_is_no_reply() -> None:
    """A frame has a type, and neither a status nor an id; data of a reply may look like one."""
    assert read_message('{"type":"depth","seq":1}') == {"type": "depth", "seq": 1}
    for neither in ('{"notice":1}', '{"type":7}', '{"type":"depth","id":3}'):
        assert read_message(neither) is None
    assert isinstance(read_message('{"status":true,"type":"depth","id":3}'), Reply)


def test_a_request_asks_for_more_only_if_told_to() -> None:
    """Times and limits beside the id, never among the parameters."""
    assert request("price", {}).frame(1) == '{"cmd":"price","params":{},"id":1}'
    asking = request("price", {}, ts=True, limits=True)
    assert asking.frame(1) == '{"cmd":"price","params":{},"id":1,"ts":true,"limits":true}'
    subscribe = channel_request("subscribe", {"channels": ["trades"]})
    assert subscribe.frame(2) == '{"cmd":"subscribe","params":{"channels":["trades"]},"id":2}'


def test_the_greeting_of_a_feed_is_recognised() -> None:
    """A feed answers no command, so waiting for it would be in vain."""
    with pytest.raises(NotAnExchange, match="This is a feed"):
        read_message('{"type":"hello","game":"main"}')


@pytest.mark.parametrize(
    "raw", ["Bad Gateway", "[]", "7", b'{"status":true}', "[" * 100_000, "9" * 5_000]
)
def test_garbage_is_told_from_replies(raw: str | bytes) -> None:
    """Text that is no object, binary, and what breaks a parser are all garbage."""
    with pytest.raises(Garbage):
        read_message(raw)
