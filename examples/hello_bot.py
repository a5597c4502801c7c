"""The first bot: enter the game, look around, place an order, take it back.

Start an exchange (`make start`), then run `python examples/hello_bot.py` in another terminal.
"""

from cxgame.client import CxClient, random_username
from cxgame.config import bot_environment

# Where to play and as whom: CXGAME_URI, CXGAME_USER and so on, or else this computer, any name.
env = bot_environment()
cx = CxClient(env.user or random_username("hello"), token=env.token, uri=env.uri)

print(cx.r("register").msg)  # the client keeps the token and logs in again when it has to
price = cx.r("price", env.symbol).data
if price is None:
    raise SystemExit(f"There is no exchange at {env.uri}; start one with `make start`.")
print("The market price is", price)

order = cx.r("buy", round(price * 99 / 100, 2), "0.5", env.symbol)  # one percent below, half a coin
print(order.msg)
for bid, size, *_ in cx.r("book", env.symbol).data["bids"][:5]:
    print(f"Somebody bids {bid} for {size or 'any size'}")
if order:  # whether it was accepted; if not, `msg` says why and `code` says it to programs
    print("My order", order.data["id"], "is", order.data["status"])
    print(cx.r("cancel", order.data["id"]).msg)
print("My wallet:", cx.r("wallets").data["assets"])
