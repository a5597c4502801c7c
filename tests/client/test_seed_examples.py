"""The examples that the first README of the game printed run as they stand, with our address."""

import pytest

from tests.client.fakes import FakeExchange

REGISTER = """
from cxgame.client import CxClient

cx = CxClient(user='new-username123', uri='{uri}')
response = cx.r('register')
print(response.status, response.msg)

# If successful, store the token for later auth
if response.status:
    token = response.data
"""

PLAY = """
response = cx.r('broadcast', 'Hello, World!')

price = '999.99'
size = '1.5'
response = cx.r('buy', price, size)
print('order:', response.data)
order_id = response.data['id']

amount = '999.99' # The amount of your wallet's USD to use for this buy.
response = cx.r('buy_market', amount)
print('order:', response.data)

price = '1000.01'
size = '1.5'
response = cx.r('sell', price, size)

amount = '2.25' # The amount of your wallet's crypto to use for this sell.
response = cx.r('sell_market', amount)

mid_market_price = cx.r('price').data

my_orders = cx.r('orders').data
for order in my_orders:
    print('id={} price={}'.format(order['id'], order['price']))

all_orders = cx.r('all_orders').data
for order in all_orders:
    print('user={} id={} price={}'.format(
        order['user'], order['id'], order['price'])
    )

wallets = cx.r('wallets').data
print('crypto={} usd={}'.format(wallets['crypto'], wallets['usd']))

cancelled = cx.r('cancel', order_id)

my_fills = cx.r('fills').data
for fill in my_fills:
    print(fill)

my_completed_orders = cx.r('completed').data
for order in my_completed_orders:
    print(order)
"""

ADMIN = """
cx = CxClient(user='root', uri='{uri}', token='123...')
response = cx.r('auth')
response = cx.r('{command}', 'adminpassword123')
"""


def test_registration_and_play(exchange: FakeExchange, capsys: pytest.CaptureFixture[str]) -> None:
    """All in one session, as a reader would paste them."""
    names: dict[str, object] = {}
    exec(REGISTER.replace("{uri}", exchange.uri), names)
    assert names["token"] == exchange.tokens["new-username123"]
    exec(PLAY, names)
    shown = capsys.readouterr().out
    assert shown.startswith("True Registered")
    assert "id=1 price=999.99" in shown
    assert "user=new-username123 id=3 price=1000.01" in shown
    assert "crypto=10.0 usd=10000.00" in shown
    assert bool(names["cancelled"])
    assert exchange.said == ["Hello, World!"]


@pytest.mark.parametrize("command", ["start", "pause", "shutdown"])
def test_administration(exchange: FakeExchange, command: str) -> None:
    """A user with a token, then the admin's word with the secret."""
    exchange.tokens["root"] = "123..."
    exchange.secret = "adminpassword123"
    names: dict[str, object] = {}
    exec("from cxgame.client import CxClient", names)
    exec(ADMIN.format(uri=exchange.uri, command=command), names)
    assert bool(names["response"])
    assert exchange.asked(command) == [{"secret": "adminpassword123"}]
