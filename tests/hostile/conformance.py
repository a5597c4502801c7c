"""RFC 6455 as a table: what a client sends, and what a server must make of it.

A row is a name, what is sent (each piece in a TCP segment of its own), the messages that must
have arrived, the pongs that must have come, and the close code, if the connection is to end. A
connection that is not to end must still answer afterwards.
"""

from typing import Final, NamedTuple

from tests.hostile.raw import BINARY, CLOSE, CONT, PING, PONG, TEXT, close, frame


class Case(NamedTuple):
    """One row."""

    name: str
    send: list[bytes]
    messages: list[bytes | None] = []  # None: one that is no text  # noqa: RUF012
    pongs: list[bytes] = []  # noqa: RUF012
    code: int | None = None


HELLO: Final = "hällo €𝄞".encode()
A125, A126 = b"a" * 125, b"b" * 126

FRAMING = [
    Case("an empty text", [frame(b"")], [b""]),
    Case("a length in two bytes that would fit in one", [frame(b"x", width=3)], [b"x"]),
    Case("a length in eight bytes that would fit in one", [frame(b"x", width=9)], [b"x"]),
    Case("an empty binary message", [frame(b"", BINARY)], [None]),
    Case("a binary message that is no UTF-8", [frame(b"\xff\x00", BINARY)], [None]),
    Case("text, binary, text", [frame(b"a"), frame(b"b", BINARY), frame(b"c")], [b"a", None, b"c"]),
    Case("a text without mask", [frame(b"x", masked=0)], code=1002),
    Case("an empty text without mask", [frame(b"", masked=0)], code=1002),
    Case("a ping without mask", [frame(b"x", PING, masked=0)], code=1002),
    Case("a close without mask", [frame(b"\x03\xe8", CLOSE, masked=0)], code=1002),
    Case("a text before what breaks", [frame(b"a"), frame(b"x", masked=0)], [b"a"], code=1002),
    Case("the highest bit of a 64-bit length", [frame(announced=1 << 63, width=9)], code=1009),
    Case("every bit of a 64-bit length", [frame(announced=2**64 - 1, width=9)], code=1009),
    *(Case(f"reserved bits {rsv:03b}", [frame(b"x", rsv=rsv)], code=1002) for rsv in range(1, 8)),
    Case("a reserved bit in a ping", [frame(b"x", PING, rsv=4)], code=1002),
    Case("a reserved bit in a close", [frame(b"\x03\xe8", CLOSE, rsv=1)], code=1002),
    *(
        Case(f"the unknown opcode {opcode}", [frame(b"x", opcode)], code=1002)
        for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)
    ),
    Case("garbage", [b"\x00" * 64], code=1002),
    Case("an HTTP request", [b"GET / HTTP/1.1\r\n\r\n"], code=1002),
]

PINGS = [
    Case("a ping", [frame(b"p", PING)], pongs=[b"p"]),
    Case("an empty ping", [frame(b"", PING)], pongs=[b""]),
    Case("a ping of 125 bytes", [frame(A125, PING)], pongs=[A125]),
    Case("a ping of 126 bytes", [frame(A126, PING)], code=1002),
    Case("a ping of bytes that are no text", [frame(b"\xff\x00", PING)], pongs=[b"\xff\x00"]),
    Case("a ping in fragments", [frame(b"p", PING, fin=False), frame(b"q", CONT)], code=1002),
    Case("three pings", [frame(b"%d" % n, PING) for n in range(3)], pongs=[b"0", b"1", b"2"]),
    Case("a pong that nobody asked for", [frame(b"x", PONG)]),
    Case("an empty pong", [frame(b"", PONG)]),
    Case("a pong of 126 bytes", [frame(A126, PONG)], code=1002),
    Case("a pong in fragments", [frame(b"x", PONG, fin=False)], code=1002),
    Case("a ping after a message", [frame(b"a"), frame(b"p", PING)], [b"a"], [b"p"]),
]

FRAGMENTS = [
    Case("two fragments", [frame(b"a", fin=False), frame(b"b", CONT)], [b"ab"]),
    Case(
        "fragments of nothing",
        [frame(fin=False), frame(b"", CONT, fin=False), frame(b"", CONT)],
        [b""],
    ),
    Case("an empty end", [frame(b"a", fin=False), frame(b"", CONT)], [b"a"]),
    Case("an empty beginning", [frame(b"", fin=False), frame(b"a", CONT)], [b"a"]),
    Case(
        "five fragments, one byte each",
        [frame(b"1", fin=False), *[frame(b"n", CONT, fin=False)] * 3, frame(b"5", CONT)],
        [b"1nnn5"],
    ),
    Case("a binary in fragments", [frame(b"\xff", BINARY, fin=False), frame(b"", CONT)], [None]),
    Case(
        "two messages in fragments",
        [frame(b"a", fin=False), frame(b"b", CONT), frame(b"c", fin=False), frame(b"d", CONT)],
        [b"ab", b"cd"],
    ),
    Case(
        "a ping between fragments",
        [frame(b"a", fin=False), frame(b"p", PING), frame(b"b", CONT)],
        [b"ab"],
        [b"p"],
    ),
    Case(
        "a pong between fragments",
        [frame(b"a", fin=False), frame(b"p", PONG), frame(b"b", CONT)],
        [b"ab"],
    ),
    Case(
        "a close between fragments",  # `websockets` calls an unfinished message an error
        [frame(b"a", fin=False), close(1000), frame(b"b", CONT)],
        code=1002,
    ),
    Case("the end of nothing", [frame(b"x", CONT)], code=1002),
    Case("the middle of nothing", [frame(b"x", CONT, fin=False)], code=1002),
    Case("an end after a whole message", [frame(b"a"), frame(b"x", CONT)], [b"a"], code=1002),
    Case("an end twice", [frame(fin=False), frame(b"", CONT), frame(b"", CONT)], [b""], code=1002),
    Case("a text within a text", [frame(b"a", fin=False), frame(b"b")], code=1002),
    Case("a beginning within a text", [frame(b"a", fin=False), frame(b"b", fin=False)], code=1002),
    Case("a binary within a text", [frame(b"a", fin=False), frame(b"b", BINARY)], code=1002),
    Case("a text within a binary", [frame(b"a", BINARY, fin=False), frame(b"b")], code=1002),
    Case(
        "a reserved bit in a fragment",
        [frame(b"a", fin=False), frame(b"b", CONT, rsv=4)],
        code=1002,
    ),
    Case(
        "a fragment without mask", [frame(b"a", fin=False), frame(b"", CONT, masked=0)], code=1002
    ),
]

ALLOWED = (*range(1000, 1004), *range(1007, 1015), 3000, 3999, 4000, 4999)
FORBIDDEN = (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535)

CLOSING = [
    *(Case(f"the close code {code}", [close(code)], code=code) for code in ALLOWED),
    *(Case(f"the close code {code}", [close(code)], code=1002) for code in FORBIDDEN),
    Case("a close without code", [close()], code=1005),
    Case("a close of one byte", [frame(b"\x03", CLOSE)], code=1002),
    Case("a close with a reason", [close(1000, HELLO)], code=1000),
    Case("a close with the longest reason", [close(1000, b"r" * 123)], code=1000),
    Case("a close of 126 bytes", [close(1000, b"r" * 124)], code=1002),
    Case("a close in fragments", [frame(b"\x03\xe8", CLOSE, fin=False)], code=1002),
    Case("a reason that is no UTF-8", [close(1000, b"\xce\xba\xe1\xbd\xb9\xcf\xff")], code=1007),
    Case("a reason cut in a character", [close(1000, b"gr\xc3")], code=1007),
    Case("a message before the close", [frame(b"a"), close(1000)], [b"a"], code=1000),
    Case("a message after the close", [close(1000), frame(b"a")], code=1000),
    Case("a ping after the close", [close(1000), frame(b"p", PING)], code=1000),
    Case("two closes", [close(1000), close(1001)], code=1000),
]

GOOD_TEXTS = {
    "NUL": b"\x00",
    "the last of one byte": b"\x7f",
    "the first of two bytes": b"\xc2\x80",
    "the last of two bytes": b"\xdf\xbf",
    "the first of three bytes": b"\xe0\xa0\x80",
    "the last before the surrogates": b"\xed\x9f\xbf",
    "the first after the surrogates": b"\xee\x80\x80",
    "a character that is none": b"\xef\xb7\x90",
    "the byte order mark": b"\xef\xbb\xbf",
    "the last of three bytes": b"\xef\xbf\xbf",
    "the first of four bytes": b"\xf0\x90\x80\x80",
    "the last of all": b"\xf4\x8f\xbf\xbf",
}
BAD_TEXTS = {
    "a lone continuation": b"\x80",
    "a lone last continuation": b"\xbf",
    "two continuations": b"\x80\xbf",
    "a start without its end": b"\xc3",
    "a start of three without its end": b"\xe2\x82",
    "a start of four without its end": b"\xf0\x9d\x84",
    "a start and a letter": b"\xc3(",
    "a slash in two bytes": b"\xc0\xaf",
    "the last too long of two bytes": b"\xc1\xbf",
    "a slash in three bytes": b"\xe0\x80\xaf",
    "the last too long of three bytes": b"\xe0\x9f\xbf",
    "a slash in four bytes": b"\xf0\x80\x80\xaf",
    "the last too long of four bytes": b"\xf0\x8f\xbf\xbf",
    "NUL in two bytes": b"\xc0\x80",
    "the first high surrogate": b"\xed\xa0\x80",
    "the last low surrogate": b"\xed\xbf\xbf",
    "a pair of surrogates": b"\xed\xa0\x80\xed\xb0\x80",
    "the first beyond Unicode": b"\xf4\x90\x80\x80",
    "a start beyond Unicode": b"\xf5\x80\x80\x80",
    "five bytes": b"\xf8\x88\x80\x80\x80",
    "six bytes": b"\xfc\x84\x80\x80\x80\x80",
    "FE": b"\xfe",
    "FF": b"\xff",
}


def _text_cases() -> list[Case]:
    cases = [Case("a text in many scripts", [frame(HELLO)], [HELLO])]
    for name, text in GOOD_TEXTS.items():
        cases.append(Case(name, [frame(text)], [text]))
        cases.append(Case(f"{name}, in letters", [frame(b"a" + text + b"z")], [b"a" + text + b"z"]))
    for name, text in BAD_TEXTS.items():
        cases.append(Case(name, [frame(text)], code=1007))
        cases.append(Case(f"{name}, in letters", [frame(b"a" + text + b"z")], code=1007))
        halves = [frame(b"a" + text, fin=False), frame(b"z", CONT)]
        cases.append(Case(f"{name}, in fragments", halves, code=1007))
    for cut in range(1, len(HELLO)):
        halves = [frame(HELLO[:cut], fin=False), frame(HELLO[cut:], CONT)]
        cases.append(Case(f"a text split after byte {cut}", halves, [HELLO]))
    return cases


TEXTS = _text_cases()

# Whole conversations, to be cut into TCP segments anywhere.
TO_CUT = [
    Case("a short text", [frame(b"short")], [b"short"]),
    Case("a text of 126 bytes", [frame(A126)], [A126]),
    Case("a length in eight bytes", [frame(b"x" * 9, width=9)], [b"x" * 9]),
    Case("a text of two bytes a letter", [frame("äöü".encode())], ["äöü".encode()]),
    Case("a binary", [frame(b"\xff\xfe", BINARY)], [None]),
    Case("a ping", [frame(b"ping", PING)], pongs=[b"ping"]),
    Case(
        "fragments around a ping",
        [frame(b"a", fin=False) + frame(b"p", PING) + frame(b"b", CONT)],
        [b"ab"],
        [b"p"],
    ),
    Case("a text, then a close", [frame(b"a") + close(1000, b"bye")], [b"a"], code=1000),
    Case("a text without mask", [frame(b"x", masked=0)], code=1002),
    Case("an unknown opcode", [frame(b"x", TEXT + 2)], code=1002),
    Case("a text that is no UTF-8", [frame(b"a\xffz")], code=1007),
]

SECTIONS = {
    "framing": FRAMING,
    "pings": PINGS,
    "fragments": FRAGMENTS,
    "closing": CLOSING,
    "texts": TEXTS,
}
