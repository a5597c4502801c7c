"""`python -m cxgame.simulator.client`: a dashboard in the terminal, or the scenarios.

A player's token, for servers without sandbox sessions, is read from CXGAME_TOKEN. Status 0 if all
came right, 1 if something did not or the server cannot be reached, 2 for what was mistyped.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from cxgame import logs
from cxgame.config import ConfigError, bot_environment
from cxgame.simulator.client import ExchangeClient
from cxgame.simulator.errors import ExchangeError
from cxgame.simulator.report import block, summary
from cxgame.simulator.scenarios import Outcome, play
from cxgame.simulator.terms import Terms

BASE_URL = "http://localhost:8765"
DONE, FAILED, MISUSED = 0, 1, 2
REACHED_WITHIN_S = 10.0  # or else nobody is there to play with
_USUAL = Terms()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; returns the exit status."""
    given = _parser().parse_args(arguments)
    try:
        token = None if given.session else bot_environment().token
    except ConfigError as error:
        sys.stderr.write(f"cxgame: {error}\n")
        return MISUSED
    if given.scenarios:
        logs.configure("error")  # what went wrong on the line is in the report
        try:
            return asyncio.run(_play(given, token))
        except KeyboardInterrupt:
            return FAILED
    from cxgame.watch.monitor import main as monitor

    return monitor(
        given.base_url,
        key=token,
        session=given.session,
        symbol=given.symbol,
        ssl_verify=given.ssl_verify,
        plain=given.plain or None,
    )


async def _play(given: argparse.Namespace, token: str | None) -> int:
    """Play the scenarios, if somebody is there."""

    def connect(terms: Terms = _USUAL) -> ExchangeClient:
        return ExchangeClient(
            given.base_url, given.session, token=token, terms=terms, ssl_verify=given.ssl_verify
        )

    try:
        async with connect(Terms(timeout_s=REACHED_WITHIN_S)) as client:
            await client.get_symbols()
    except ExchangeError as error:
        sys.stderr.write(f"cxgame: no simulator answers at {given.base_url}: {error}\n")
        return FAILED
    outcomes: list[Outcome] = []
    async for outcome in play(connect, given.symbol):
        outcomes.append(outcome)
        _say(block(outcome) + "\n")
    _say(summary(outcomes))
    return DONE if all(outcome.is_right for outcome in outcomes) else FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        allow_abbrev=False,
        prog="python -m cxgame.simulator.client",
        description="Look at a simulator, or play scenarios against it.",
    )
    parser.add_argument(
        "--scenarios", action="store_true", help="play the scenarios and tell what went wrong"
    )
    parser.add_argument("--symbol", metavar="BASE/QUOTE", help="market; without it the first")
    parser.add_argument(
        "--base-url", metavar="URL", type=_address, default=BASE_URL, help=f"without it {BASE_URL}"
    )
    parser.add_argument("--session", metavar="ID", help="id of a session of yours")
    parser.add_argument(
        "--no-ssl-verify", dest="ssl_verify", action="store_false", help="trust any certificate"
    )
    parser.add_argument("--plain", action="store_true", help="the dashboard as lines of text")
    return parser


def _address(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"it must look like {BASE_URL}, not {text!r}")
    return text.rstrip("/")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
