"""Sends random orders to an exchange, tells how far it has come, and sums up what became of them.

Run `python order_generator.py --help`, or `./manage.sh start --reset` to have it in the background.
SIGTERM and Ctrl-C end it with the summary.
"""

import secrets
import signal
import sys
import threading
import time
from decimal import Decimal
from random import Random

from api import Api, Refused, Unreachable
from drawing import draw_order
from options import Options, read_options
from tally import Tally

DONE, FAILED, MISUSED = 0, 1, 2
# So many orders in a row without an answer: the exchange is gone.
PATIENCE = 5
LOOK_S = 0.2
NO_KEY = (401, 403)


class Generator:
    """One run."""

    def __init__(self, options: Options, seed: int, stop: threading.Event) -> None:
        self._options = options
        self._stop = stop
        self._random = Random(seed)
        self._api = Api(options.api_url, options.api_key, options.api_timeout)
        self._tally = Tally(options.orders)
        self._silent = 0  # orders in a row without an answer
        self._symbols: list[str] = []

    def run(self) -> int:
        """Set up, send, sum up; returns the exit status. Raises `Refused` and `Unreachable`."""
        self._symbols = self._chosen()
        if self._options.reset:
            self._reset()
        equity = self._api.equity()
        say(f"begins with an equity of {equity:.2f}")
        began = time.monotonic()
        status = self._send(began)
        self._settle()
        for line in self._tally.summary(self._api, equity, time.monotonic() - began):
            say(line)
        return status

    def _chosen(self) -> list[str]:
        known = self._api.symbols()
        unknown = sorted(set(self._options.symbols) - set(known))
        if unknown or not known:
            raise Refused(404, f"there is no market {', '.join(unknown)}".rstrip())
        return list(self._options.symbols) or known

    def _reset(self) -> None:
        self._api.clear()
        amount = self._options.fund
        for asset in sorted({symbol.partition("/")[2] for symbol in self._symbols}):
            self._api.fund(asset, amount)
            say(f"cleared, and funded with {amount} {asset}")

    def _send(self, began: float) -> int:
        """All orders, each at its time; one that is late does not delay those after it."""
        told = began
        for index in range(self._options.orders):
            due = began + index / self._options.rate
            if self._stop.wait(max(0.0, due - time.monotonic())):
                say("told to stop")
                break
            self._try_one()
            now = time.monotonic()
            if now - told >= self._options.progress:
                told = now
                say(self._tally.progress(now - began))
            if self._silent >= PATIENCE:
                say(f"giving up: {self._tally.last_failure}")
                return FAILED
        say(self._tally.progress(time.monotonic() - began))
        return DONE

    def _try_one(self) -> None:
        self._tally.tried += 1
        try:
            self._place_one()
            self._silent = 0
        except Refused as refused:
            if refused.status in NO_KEY:
                raise
            self._silent = 0
            self._tally.fail(refused)
        except Unreachable as error:
            self._silent += 1
            self._tally.fail(error)

    def _place_one(self) -> None:
        symbol = self._random.choice(self._symbols)
        price = Decimal(self._api.ticker(symbol)["price"])
        order = draw_order(self._random, self._options, symbol, price, self._api.free())
        if order is None:
            self._tally.skipped += 1
        else:
            self._tally.add(self._api.place(order))

    def _settle(self) -> None:
        """Wait for market orders, which an exchange with latency executes later."""
        until = time.monotonic() + self._options.settle
        try:
            while self._tally.market_ids() & self._api.open_ids():
                if time.monotonic() >= until or self._stop.wait(LOOK_S):
                    return
        except (Refused, Unreachable):
            return  # the summary says so


def main(arguments: list[str]) -> int:
    """One run from flags to exit status."""
    try:
        options = read_options(arguments)
    except ValueError as error:
        return complain(str(error), MISUSED)
    seed = secrets.randbits(32) if options.seed is None else options.seed
    stop = threading.Event()
    stop_on_signals(stop)
    say(f"{options.orders} orders to {options.api_url}, {options.rate:g} a second, seed {seed}")
    try:
        return Generator(options, seed, stop).run()
    except (Refused, Unreachable) as error:
        return complain(str(error), FAILED)


def stop_on_signals(stop: threading.Event) -> None:
    """The first signal asks it to stop; a second one ends it as ever."""

    def ask(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)


def say(line: str) -> None:
    """A line for whoever looks at the terminal or the log."""
    print(line, flush=True)


def complain(sentence: str, status: int) -> int:
    """A line on standard error; returns the status."""
    print(f"order generator: {sentence}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
