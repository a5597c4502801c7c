"""What is wrong with a message: one code for each way to be wrong."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import fields

from cxgame.model.errors import Code
from cxgame.wire.diagnosis import BadRequest, ambiguity, peek_id, shorten
from cxgame.wire.fields import EXPECTED
from cxgame.wire.replies import bad
from cxgame.wire.requests import REQUESTS, parse

DEEP = "[" * 30_000 + "]" * 30_000
LONG = "9" * 5_000

# message, code, and what the sentence says
TABLE: list[tuple[str | bytes, Code, str]] = [
    # not JSON, or not an object
    ("", Code.PARAM_JSON, "not a JSON object"),
    ("hello", Code.PARAM_JSON, "not a JSON object"),
    ("[]", Code.PARAM_JSON, "not a JSON object"),
    ("null", Code.PARAM_JSON, "not a JSON object"),
    ('"text"', Code.PARAM_JSON, "not a JSON object"),
    ('{"cmd":"price","params":{}', Code.PARAM_JSON, "not a JSON object"),
    ('{"cmd":"price","params":{}} {}', Code.PARAM_JSON, "not a JSON object"),
    ('\ufeff{"cmd":"price","params":{}}', Code.PARAM_JSON, "not a JSON object"),
    ("{'cmd':'price','params':{}}", Code.PARAM_JSON, "not a JSON object"),
    (b'{"cmd":"price","params":{}}\xff', Code.PARAM_JSON, "not a JSON object"),
    (b'{"cmd":"auth","params":{"username":"\xff"}}', Code.PARAM_JSON, "not a JSON object"),
    (b"\x00\x01\x02", Code.PARAM_JSON, "not a JSON object"),
    # JSON that is none to everyone
    ('{"cmd":"buy","params":{"price":NaN,"size":1}}', Code.PARAM_JSON, "not a JSON object"),
    ('{"cmd":"buy","params":{"price":Infinity,"size":1}}', Code.PARAM_JSON, "not a JSON"),
    ('{"cmd":"buy","params":{"price":-Infinity,"size":1}}', Code.PARAM_JSON, "not a JSON"),
    ('{"cmd":"buy","params":{"price":007,"size":1}}', Code.PARAM_JSON, "not a JSON object"),
    ('{"cmd":"buy","params":{"price":+1,"size":1}}', Code.PARAM_JSON, "not a JSON object"),
    ('{"cmd":"buy","params":{"price":1.,"size":1}}', Code.PARAM_JSON, "not a JSON object"),
    ('{"cmd":"buy","params":{"price":.5,"size":1}}', Code.PARAM_JSON, "not a JSON object"),
    ('{"cmd":"bcast","params":{"message":"\\ud800"}}', Code.PARAM_JSON, "not a JSON object"),
    ('{"cmd":"price","params":{"\\ud800":1}}', Code.PARAM_JSON, "not a JSON object"),
    ('{"cmd":"time","params":{},"id":"\\ud800"}', Code.PARAM_JSON, "not a JSON object"),
    (f'{{"cmd":"buy","params":{{"price":{DEEP},"size":1}}}}', Code.PARAM_JSON, "not a JSON"),
    (f'{{"cmd":"price","params":{{}},"x":{DEEP}}}', Code.PARAM_JSON, "not a JSON object"),
    # a key that stands twice
    ('{"cmd":"price","cmd":"price","params":{}}', Code.PARAM_JSON, '"cmd" stands in it twice'),
    ('{"cmd":"price","cmd":"time","params":{}}', Code.PARAM_JSON, '"cmd" stands in it twice'),
    ('{"cmd":"time","params":{},"params":{}}', Code.PARAM_JSON, '"params" stands in it twice'),
    ('{"cmd":"time","params":{},"id":1,"id":2}', Code.PARAM_JSON, '"id" stands in it twice'),
    (
        '{"cmd":"buy","params":{"price":1,"size":1,"price":9}}',
        Code.PARAM_JSON,
        '"price" stands in it twice',
    ),
    (
        '{"cmd":"buy","params":{"price":1,"size":1,"cid":null,"cid":"a"}}',
        Code.PARAM_JSON,
        '"cid" stands in it twice',
    ),
    # around the params
    ("{}", Code.PARAM_MISSING, 'Invalid message: "cmd" is missing.'),
    ('{"params":{}}', Code.PARAM_MISSING, 'Invalid message: "cmd" is missing.'),
    ('{"cmd":"price"}', Code.PARAM_MISSING, 'Invalid message: "params" is missing.'),
    ('{"cmd":"hack","params":{}}', Code.PARAM_COMMAND, 'unknown command "hack"'),
    ('{"cmd":"Buy","params":{}}', Code.PARAM_COMMAND, 'unknown command "Buy"'),
    ('{"cmd":"","params":{}}', Code.PARAM_COMMAND, 'unknown command ""'),
    ('{"cmd":7,"params":{}}', Code.PARAM_TYPE, 'Invalid message: "cmd" must be text.'),
    ('{"cmd":null,"params":{}}', Code.PARAM_TYPE, 'Invalid message: "cmd" must be text.'),
    ('{"cmd":"price","params":[]}', Code.PARAM_TYPE, '"params" must be an object.'),
    ('{"cmd":"price","params":null}', Code.PARAM_TYPE, '"params" must be an object.'),
    ('{"cmd":"price","params":{},"x":1}', Code.PARAM_UNKNOWN, 'Invalid message: unknown "x".'),
    ('{"cmd":"time","params":{},"id":true}', Code.PARAM_TYPE, '"id" must be an integer'),
    ('{"cmd":"time","params":{},"id":1.5}', Code.PARAM_TYPE, '"id" must be an integer'),
    ('{"cmd":"time","params":{},"id":[]}', Code.PARAM_TYPE, '"id" must be an integer'),
    ('{"cmd":"time","params":{},"id":9223372036854775808}', Code.PARAM_TYPE, '"id" must be'),
    (f'{{"cmd":"time","params":{{}},"id":{LONG}}}', Code.PARAM_TYPE, '"id" must be'),
    (f'{{"cmd":"time","params":{{}},"id":"{"x" * 65}"}}', Code.PARAM_TYPE, '"id" must be'),
    # within the params
    ('{"cmd":"register","params":{}}', Code.PARAM_MISSING, 'Missing "username" in params.'),
    ('{"cmd":"auth","params":{}}', Code.PARAM_MISSING, 'Missing "username" in params.'),
    ('{"cmd":"bcast","params":{}}', Code.PARAM_MISSING, 'Missing "message" in params.'),
    ('{"cmd":"cancel_all_after","params":{}}', Code.PARAM_MISSING, 'Missing "ms" in params.'),
    ('{"cmd":"buy_market","params":{}}', Code.PARAM_MISSING, 'Missing "amount" in params.'),
    ('{"cmd":"order","params":{"type":"limit"}}', Code.PARAM_MISSING, 'Missing "side" in'),
    ('{"cmd":"buy","params":{"price":1}}', Code.PARAM_MISSING, 'Must size "price" and "size"'),
    ('{"cmd":"sell","params":{"size":1}}', Code.PARAM_MISSING, 'Must size "price" and "size"'),
    (
        '{"cmd":"buy","params":{"price":1,"size":1,"sise":1}}',
        Code.PARAM_UNKNOWN,
        'Unknown "sise" in params.',
    ),
    ('{"cmd":"price","params":{"a":1}}', Code.PARAM_UNKNOWN, 'Unknown "a" in params.'),
    ('{"cmd":"register","params":{"username":7}}', Code.PARAM_TYPE, 'Invalid "username"'),
    ('{"cmd":"register","params":{"username":null}}', Code.PARAM_TYPE, 'Invalid "username"'),
    ('{"cmd":"register","params":{"username":"a","token":"ab"}}', Code.PARAM_TYPE, '"token"'),
    (
        f'{{"cmd":"register","params":{{"username":"a","token":"{"A" * 64}"}}}}',
        Code.PARAM_TYPE,
        '"token"',
    ),
    (
        f'{{"cmd":"rotate","params":{{"token":"{"a" * 64}\\n"}}}}',
        Code.PARAM_TYPE,
        '"token"',
    ),
    ('{"cmd":"auth","params":{"username":"a","password":""}}', Code.PARAM_TYPE, '"password"'),
    ('{"cmd":"bcast","params":{"message":""}}', Code.PARAM_TYPE, '"message"'),
    ('{"cmd":"cancel","params":{"order_id":1.5}}', Code.PARAM_TYPE, '"order_id"'),
    ('{"cmd":"cancel","params":{"order_id":-1}}', Code.PARAM_TYPE, '"order_id"'),
    ('{"cmd":"cancel","params":{"order_id":true}}', Code.PARAM_TYPE, '"order_id"'),
    ('{"cmd":"buy","params":{"price":1,"size":1,"cid":""}}', Code.PARAM_TYPE, '"cid"'),
    ('{"cmd":"buy","params":{"price":1,"size":1,"cid":5}}', Code.PARAM_TYPE, '"cid"'),
    (
        f'{{"cmd":"buy","params":{{"price":1,"size":1,"cid":"{"x" * 65}"}}}}',
        Code.PARAM_TYPE,
        '"cid"',
    ),
    ('{"cmd":"buy","params":{"price":1,"size":1,"symbol":1}}', Code.PARAM_TYPE, '"symbol"'),
    ('{"cmd":"order","params":{"side":"BUY","type":"limit"}}', Code.PARAM_TYPE, '"buy" or'),
    ('{"cmd":"order","params":{"side":"buy","type":"stop"}}', Code.PARAM_TYPE, '"limit" or'),
    (
        '{"cmd":"order","params":{"side":"buy","type":"limit","post_only":"no"}}',
        Code.PARAM_TYPE,
        "true or false",
    ),
    (
        '{"cmd":"order","params":{"side":"buy","type":"limit","post_only":0}}',
        Code.PARAM_TYPE,
        "true or false",
    ),
    (
        '{"cmd":"order","params":{"side":"buy","type":"limit","time_in_force":"gtx"}}',
        Code.PARAM_TYPE,
        '"time_in_force"',
    ),
    ('{"cmd":"order","params":{"side":"buy","type":"limit","stp":"x"}}', Code.PARAM_TYPE, '"stp"'),
    ('{"cmd":"book","params":{"depth":0}}', Code.PARAM_TYPE, "from 1 to 1000"),
    ('{"cmd":"book","params":{"depth":1001}}', Code.PARAM_TYPE, "from 1 to 1000"),
    ('{"cmd":"book","params":{"depth":"20"}}', Code.PARAM_TYPE, "from 1 to 1000"),
    ('{"cmd":"fills","params":{"limit":0}}', Code.PARAM_TYPE, '"limit"'),
    ('{"cmd":"fills","params":{"before":1.5}}', Code.PARAM_TYPE, '"before"'),
    ('{"cmd":"start","params":{"secret":7}}', Code.PARAM_TYPE, '"secret"'),
    ('{"cmd":"grant","params":{"secret":"x"}}', Code.PARAM_MISSING, '"username"'),
]


def wrong(message: str | bytes) -> BadRequest:
    """A message that must not parse."""
    request = parse(message if isinstance(message, bytes) else message.encode())
    assert isinstance(request, BadRequest), request
    return request


@pytest.mark.parametrize(("message", "code", "says"), TABLE)
def test_a_bad_message_has_one_code_and_a_sentence(
    message: str | bytes, code: Code, says: str
) -> None:
    """The code is documented, and the sentence says what is wrong."""
    reply = json.loads(bad(wrong(message)))
    assert (reply["status"], reply["data"], reply["code"]) == (False, None, code)
    assert says in reply["message"]


@pytest.mark.parametrize(
    ("message", "id"),
    [
        ('{"id":"a","cmd":"hack","params":{}}', "a"),
        ('{"cmd":"buy","params":{"price":1},"id":7}', 7),
        ('{"cmd":"price","params":{},"x":1,"id":7}', 7),
        ('{"cmd":"buy","params":{"price":1,"size":1,"size":2},"id":7}', 7),
        ('{"params":{},"id":-1}', -1),
        ('{"cmd":"time","params":{},"id":1.5}', None),
        ('{"cmd":"time","params":{},"id":', None),
        ("[7]", None),
    ],
)
def test_the_id_comes_back_with_an_error_where_it_can_be_read(
    message: str, id: str | int | None
) -> None:
    """So that a client knows which of its messages was wrong."""
    assert wrong(message).id == id
    assert json.loads(bad(wrong(message))).get("id") == id


def test_a_clients_text_comes_back_cut() -> None:
    """An error is never longer than a line."""
    reply = bad(wrong(json.dumps({"cmd": "x" * 60_000, "params": {}})))
    assert len(reply) < 300
    assert len(bad(wrong(json.dumps({"cmd": "time", "params": {"x" * 60_000: 1}})))) < 300


def test_half_a_character_does_not_come_back() -> None:
    """A lone surrogate could not be sent."""
    assert shorten("a\ud800b") == "a?b"
    twice = ambiguity(b'{"a":{"\\ud800":1,"\\ud800":2}}', None)
    assert twice is not None
    assert json.loads(bad(twice))["code"] == Code.PARAM_JSON


def test_json_that_only_one_reader_takes_is_none() -> None:
    """The decoder passes over what it does not look at; the check for doubles does not."""
    assert ambiguity(b'{"cmd":"\\q"}', 1) == BadRequest("", wrong("").rejection, 1)
    assert ambiguity(b'{"a":' + DEEP.encode() + b"}", 1) == BadRequest("", wrong("").rejection, 1)
    assert ambiguity(b'{"a":{"b":1},"c":{"b":1}}', 1) is None


@pytest.mark.parametrize(
    ("raw", "id"),
    [
        (b'{"cmd":"anything","id":5}', 5),
        (b'{"id":"x","params":17}', "x"),
        (b'{"id":true}', None),
        (b'{"id":"\xff"}', None),
        (DEEP.encode(), None),
        (b"", None),
    ],
)
def test_the_id_of_an_unread_message_can_be_had(raw: bytes, id: str | int | None) -> None:
    """A message that came too fast is refused by its id, without being read."""
    assert peek_id(raw) == id


def test_every_expected_type_is_described() -> None:
    """A field of any command has words for what it must be."""
    for request in REQUESTS:
        params = next(field.type for field in fields(request) if field.name == "params")
        assert {field.name for field in fields(params)} <= set(EXPECTED)


VALID = json.dumps({"cmd": "buy", "params": {"price": "1.5", "size": 1e-3, "cid": "ü"}, "id": "a"})


@settings(max_examples=300)
@given(st.integers(0, len(VALID) - 1), st.binary(max_size=6), st.integers(0, 6))
def test_whatever_comes_is_a_request_or_has_a_code(at: int, new: bytes, cut: int) -> None:
    """Reading never raises, and what it says can be sent."""
    message = VALID.encode()
    request = parse(message[:at] + new + message[at + cut :])
    if isinstance(request, BadRequest):
        assert json.loads(bad(request))["code"].startswith("PARAM_")
