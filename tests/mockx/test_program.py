"""What is written, and with which status the command ends."""

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.mockx.conftest import Terminal
from tests.mockx.standin import StandIn
from tests.support.programs import ROOT, WITHIN_S, Program, environment

MOCKX = (sys.executable, "-m", "cxgame.mockx")
CERTIFICATE = ROOT / "tests" / "support" / "tls.pem"


# Answers


def test_the_answer_is_written_in_one_form(terminal: Terminal) -> None:
    """Indented by two, keys sorted, numbers to the digit as the server wrote them."""
    terminal.answer = (
        200,
        '{"b":[1.10,{"z":1e-8,"a":null}],"a":0.1000000000000000055,"c":{},"d":[],'
        '"e":100000000000000000000000,"f":"\\u00e9\\n","g":true,"h":-0.0}',
    )
    done = terminal.type("balance")
    assert (done.status, done.err) == (0, "")
    assert done.out == (
        "{\n"
        '  "a": 0.1000000000000000055,\n'
        '  "b": [\n    1.10,\n    {\n      "a": null,\n      "z": 1e-8\n    }\n  ],\n'
        '  "c": {},\n'
        '  "d": [],\n'
        '  "e": 100000000000000000000000,\n'
        '  "f": "\\u00e9\\n",\n'
        '  "g": true,\n'
        '  "h": -0.0\n'
        "}\n"
    )


# Refusals


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (404, '{"error":"e","detail":"Order zzz not found","code":"C"}', "Order zzz not found"),
        (400, '{"error":"amount must be > 0"}', "amount must be > 0"),
        (409, '{"detail":"two\\nlines"}', "two lines"),
        (422, '{"detail":[{"loc":["body","amount"],"msg":"a float"},{"msg":"x"},"y"]}',
         "body.amount: a float; x; y"),
        (502, "<h1>Bad\nGateway</h1>", "<h1>Bad Gateway</h1>"),
        (500, "", "Internal Server Error"),
        (301, "", "Moved Permanently"),
        (200, '{"error":"Only *open* orders can be canceled"}',
         "Only *open* orders can be canceled"),
        (200, "<html>", "the answer is not JSON"),
        (403, "x" * 1000, "x" * 500 + "..."),
    ],
)  # fmt: skip
def test_a_refusal_is_the_servers_words(
    terminal: Terminal, status: int, body: str, says: str
) -> None:
    """One line on standard error, nothing on standard output, status 1."""
    terminal.answer = (status, body)
    done = terminal.type("cancel", "zzz")
    assert done == (1, "", f"HTTP {status}: {says}\n")


def test_a_rejected_order_is_shown_and_is_a_failure(terminal: Terminal) -> None:
    """It was taken down, with an id to look it up; a script sees by the status that it failed."""
    terminal.answer = (200, '{"id":"7","status":"rejected","comment":"Need 60.00 USDT, have 1.00"}')
    done = terminal.type("order", "BTC/USDT", "buy", "1")
    assert done.status == 1
    assert '"id": "7"' in done.out
    assert done.err == "rejected: Need 60.00 USDT, have 1.00\n"
    assert terminal.type("order-get", "7").status == 0, "looking at it is no failure"


def test_an_unknown_market_among_several_is_an_answer(terminal: Terminal) -> None:
    """The others are wanted all the same."""
    terminal.answer = (200, '{"X/Y":{"error":"Ticker X/Y not available"}}')
    assert terminal.type("ticker", "X/Y").status == 0


# A server that is not there, or not well


def test_a_server_that_is_not_there_is_a_line(terminal: Terminal) -> None:
    """With its address, and no traceback."""
    with socket.socket() as taken:  # bound, but it does not listen
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        done = terminal.type("health", "--api-url", url)
    assert done == (1, "", f"mockx: cannot reach {url}: Connection refused\n")


def test_a_name_that_is_none_is_a_line(terminal: Terminal) -> None:
    """Refused before any resolver is asked."""
    done = terminal.type("health", "--api-url", "http://a..b:1")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("mockx: cannot reach http://a..b:1: ")
    assert done.err.count("\n") == 1


def test_a_silent_server_is_given_up(terminal: Terminal) -> None:
    """After the time that was set."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        done = terminal.type("health", "--api-url", url, "--api-timeout", "0.05")
    assert done == (1, "", f"mockx: {url} did not answer within 0.05 s\n")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"220 mail ready\r\n\r\n", "220 mail ready"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", "IncompleteRead(1 bytes read, 8 more"),
        (b"", "Remote end closed connection without response"),
    ],
)
def test_what_is_no_whole_answer_is_a_line(terminal: Terminal, said: bytes, words: str) -> None:
    """Another protocol, a connection that broke."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(said)

        thread = threading.Thread(target=serve)
        thread.start()
        done = terminal.type("health", "--api-url", f"http://127.0.0.1:{server.getsockname()[1]}")
        thread.join(WITHIN_S)
    assert (done.status, done.out, done.err.count("\n")) == (1, "", 1)
    assert words in done.err


# TLS


def test_a_certificate_that_signs_itself_is_accepted_on_request(terminal: Terminal) -> None:
    """And refused without, in a line that says how."""
    with StandIn(lambda request: (200, '{"status":"ok"}'), CERTIFICATE) as server:
        refused = terminal.type("health", "--api-url", server.url)
        assert refused.status == 1
        assert refused.err.startswith(f"mockx: the certificate of {server.url} does not hold: ")
        assert refused.err.endswith("; --insecure accepts it\n")
        assert server.asked == []
        accepted = terminal.type("health", "--api-url", server.url, "--insecure")
        assert accepted == (0, '{\n  "status": "ok"\n}\n', "")


# As a process


def test_ctrl_c_ends_it(tmp_path: Path) -> None:
    """While it waits for an answer; status 130, and nothing is said."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        silent.settimeout(WITHIN_S)
        with Program(tmp_path, *MOCKX, "balance", API_URL=url) as mockx:
            connection, _ = silent.accept()
            with connection:
                connection.settimeout(WITHIN_S)
                assert connection.recv(16).startswith(b"GET /balance")
                mockx.process.send_signal(signal.SIGINT)
                assert mockx.wait() == 130
        assert mockx.said == ""


def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    """As in `mockx orders | head`: nothing on standard error."""
    reading, writing = os.pipe()
    os.close(reading)
    with StandIn(lambda request: (200, "[]")) as server:
        done = subprocess.run(
            [*MOCKX, "orders"],
            env=environment(API_URL=server.url),
            cwd=tmp_path,
            stdout=writing,
            stderr=subprocess.PIPE,
            timeout=WITHIN_S,
            check=False,
        )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")
