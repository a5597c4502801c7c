"""What each command asks of the server, as it comes over the wire."""

import json

import pytest

from cxgame import __version__
from tests.mockx.conftest import KEY, Terminal

# What is typed, the request's first line, and its body.
COMMANDS = """
tickers                                     | GET /tickers |
ticker BTC/USDT                             | GET /tickers/BTC/USDT |
ticker BTC/USDT,ETH/USDT                    | GET /tickers/BTC/USDT,ETH/USDT |
balance                                     | GET /balance |
balance-list                                | GET /balance/list |
balance-asset USDT                          | GET /balance/USDT |
balance-asset a/b?c                         | GET /balance/a%2Fb%3Fc |
deposit USDT 100000                         | POST /balance/USDT/deposit | {"amount":100000}
withdrawal USDT 0.10                        | POST /balance/USDT/withdrawal | {"amount":0.10}
order BTC/USDT buy 0.05                     | POST /orders | {"symbol":"BTC/USDT","side":"buy","type":"market","amount":0.05,"limit_price":null}
order BTC/USDT sell .01 --type limit --price 5e4 | POST /orders | {"symbol":"BTC/USDT","side":"sell","type":"limit","amount":0.01,"limit_price":5E+4}
order BTC/USDT buy -1                       | POST /orders | {"symbol":"BTC/USDT","side":"buy","type":"market","amount":-1,"limit_price":null}
can-exec BTC/USDT buy 0.05                  | POST /orders/can_execute | {"symbol":"BTC/USDT","side":"buy","type":"market","amount":0.05,"limit_price":null}
can-exec BTC/USDT buy 0.05 --price 50000    | POST /orders/can_execute | {"symbol":"BTC/USDT","side":"buy","type":"limit","amount":0.05,"limit_price":50000}
orders                                      | GET /orders |
orders --status filled --symbol BTC/USDT --side buy --tail 5 | GET /orders?status=filled&symbol=BTC/USDT&side=buy&tail=5 |
orders --tail -1                            | GET /orders?tail=-1 |
orders-simple                               | GET /orders/list |
orders-simple --side sell --status new      | GET /orders/list?status=new&side=sell |
order-get 17                                | GET /orders/17 |
order-get ../admin                          | GET /orders/..%2Fadmin |
cancel 17                                   | POST /orders/17/cancel |
overview-capital                            | GET /overview/capital |
overview-capital --raw                      | GET /overview/capital?aggregation=false |
overview-assets                             | GET /overview/assets |
overview-trades                             | GET /overview/trades |
overview-trades --side buy --assets BTC,ETH | GET /overview/trades?side=buy&assets=BTC,ETH |
fund USDT 100000                            | POST /admin/fund | {"asset":"USDT","amount":100000}
set-balance USDT --free 0.3                 | PATCH /admin/balance/USDT | {"free":0.3}
set-balance USDT --free 1 --used 2          | PATCH /admin/balance/USDT | {"free":1,"used":2}
set-price BTC/USDT 50000                    | PATCH /admin/tickers/BTC/USDT/price | {"price":50000}
set-price BTC/USDT 1 --bid-volume 2 --ask-volume 3 | PATCH /admin/tickers/BTC/USDT/price | {"price":1,"bid_volume":2,"ask_volume":3}
reset-data                                  | DELETE /admin/data |
reset-data --confirm main                   | DELETE /admin/data?confirm=main |
health                                      | GET /admin/health |
"""  # noqa: E501 - a table
ROWS = [[cell.strip() for cell in line.split("|")] for line in COMMANDS.strip().splitlines()]


@pytest.mark.parametrize(("typed", "asked", "body"), ROWS, ids=[row[0] for row in ROWS])
def test_a_command_makes_its_request(terminal: Terminal, typed: str, asked: str, body: str) -> None:
    """Method, path, query and body, to the letter; a body says that it is JSON."""
    request = terminal.ask(typed)
    assert f"{request.method} {request.target}" == asked
    assert request.body == body
    assert request.headers.get("content-type") == ("application/json" if body else None)
    assert not body or isinstance(json.loads(body), dict)


def test_every_request_carries_the_key(terminal: Terminal) -> None:
    """And says what it wants, so that it is not given a page, and who asks."""
    headers = terminal.ask("health").headers
    assert headers["x-api-key"] == KEY
    assert headers["accept"] == "application/json"
    assert headers["user-agent"] == f"mockx/{__version__}"


def test_a_server_may_have_a_path_in_front(terminal: Terminal) -> None:
    """As behind a proxy that serves several."""
    url = f"{terminal.server.url}/exchange/"
    assert terminal.ask(f"--api-url {url} tickers").target == "/exchange/tickers"


@pytest.mark.parametrize("line", ["--api-url {} balance", "balance --api-url {}"])
def test_options_may_stand_before_the_command_or_after_it(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    """And come before the environment."""
    monkeypatch.setenv("API_URL", "http://127.0.0.1:9")
    assert terminal.ask(line.format(terminal.server.url)).target == "/balance"


def test_dotenv_in_the_folder_is_read(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """For what the environment does not set."""
    monkeypatch.delenv("API_URL")
    monkeypatch.delenv("API_KEY")
    with open(".env", "w", encoding="utf-8") as file:
        file.write(f'API_URL={terminal.server.url}\nAPI_KEY="from-the-file"\n')
    assert terminal.ask("balance").headers["x-api-key"] == "from-the-file"
