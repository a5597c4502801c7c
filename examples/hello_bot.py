"""The first bot: enter the game, look around, place an order, take it back.

Start an exchange (`make start`), then run `python examples/hello_bot.py` in another terminal.
"""

from cxgame.client import CxClient, random_username
from cxgame.config import bot_environment

# Where to play and as whom: CXGAME_URI, CXGAME_USER and so on, or else this computer, any name.
env = bot_environment()
name = env.user or random_username("hello")
cx = CxClient(name, token=env.token, uri=env.uri, ssl_verify=env.ssl_verify)

entered = cx.r("register")  # the client keeps the token and logs in again when it has to
if entered.code == "CLIENT_CONNECTION":
    raise SystemExit(f"There is no exchange at {env.uri}; start one with `make start`.")
price = cx.r("price", env.symbol)
if not entered or not price:  # something was refused: `msg` says why
    raise SystemExit(price.msg if entered else entered.msg)
print(entered.msg)
print("The market price is", price.data)

below = round(price.data * 99 / 100, 2)  # one percent
order = cx.r("buy", below, "0.5", env.symbol)  # half a coin
print(order.msg)
for bid, size, *_ in cx.r("book", env.symbol).data["bids"][:5]:
    print(f"Somebody bids {bid} for {size or 'any size'}")
if order:  # whether it was accepted; if not, `msg` says why and `code` says it to programs
    print("My order", order.data["id"], "is", order.data["status"])
    print(cx.r("cancel", order.data["id"]).msg)
print("My wallet:", cx.r("wallets").data["assets"])
