"""The docs don't drift: every command and code has its heading, and the examples are played."""

import json
import re
from pathlib import Path

import pytest
from msgspec.structs import fields

from cxgame.config import Settings
from cxgame.limits import OVERUSE, Limits
from cxgame.model.errors import MEANINGS, Code
from cxgame.model.rules import MarketRules, Rules
from cxgame.wire.requests import COMMANDS, REQUESTS
from scripts import error_docs
from tests.server.rig import Rig

DOCS = Path(__file__).parent.parent / "docs"
PROTOCOL = (DOCS / "protocol.md").read_text(encoding="utf-8")
ERRORS = (DOCS / "errors.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"^→ (.*)\n← (.*)$", re.MULTILINE)


def sections(text: str) -> dict[str, str]:
    """The parts under third-level headings, by heading."""
    parts = re.split(r"^##+ (.*)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_its_heading_parameters_and_example(command: str) -> None:
    """On the protocol's page, under its own name."""
    section = sections(PROTOCOL)[command]
    params = next(field.type for field in fields(COMMANDS[command]) if field.name == "params")
    table = "\n".join(line for line in section.splitlines() if line.startswith("|"))
    for field in fields(params):
        assert f"`{field.name}`" in table
    ((request, _),) = EXAMPLE.findall(section)
    assert json.loads(request)["cmd"] == command


async def test_the_protocols_examples_are_played() -> None:
    """In the order of the page, by one bot, with exactly these replies."""
    rig = await Rig().start()
    bob = await rig.player("bob")
    await bob.done("sell", price="1100.00", size="1")
    await bob.done("buy", price="900.00", size="0.1")
    alice = rig.connect()
    examples = [pair for pair in EXAMPLE.findall(PROTOCOL) if "..." not in pair[1]]
    for request, reply in examples:
        if "<your token>" not in reply:
            assert await alice.ask(request.encode()) == json.loads(reply), request
    assert len(examples) == len(REQUESTS) + 4, "one each, one at the top, and three of triggers"
    await rig.stop()


@pytest.mark.parametrize("code", Code)
def test_a_code_has_its_heading(code: Code) -> None:
    """With the cause, the sentence, the remedy, whether to send it again, and ccxt's exception."""
    section = sections(ERRORS)[code]
    meaning = MEANINGS[code]
    cause = section.strip().splitlines()[0]
    assert len(cause) > 20
    assert not cause.startswith("-")
    assert f"- Sentence: `{meaning.sentence}`" in section
    assert f"- Remedy: {meaning.remedy}" in section
    assert f"- Retryable: {'yes' if meaning.retryable else 'no'}" in section
    assert f"- In ccxt: `{meaning.ccxt}`" in section


@pytest.mark.parametrize("name", error_docs.PAGES)
def test_the_codes_are_written_from_their_table(name: str) -> None:
    """Run `python -m scripts.error_docs` when this fails."""
    written = (DOCS / name).read_text(encoding="utf-8")
    assert error_docs.page(name, written) == written
    assert all(f"`{code}`" in written or f"### {code}\n" in written for code in Code)


def test_no_heading_is_about_something_that_is_gone() -> None:
    """Third-level headings are commands and codes, and nothing else."""
    headings = set(re.findall(r"^### (.*)$", PROTOCOL, re.MULTILINE))
    assert headings == {*COMMANDS, "Numbers", "Orders", "Lists", "Triggers"}
    assert set(re.findall(r"^### (.*)$", ERRORS, re.MULTILINE)) == set(Code)


def test_every_code_that_the_protocol_names_exists() -> None:
    """And every family is written out."""
    families = {code.partition("_")[0] for code in Code}
    named = re.findall(rf"`((?:{'|'.join(families)})_[^`]*)`", PROTOCOL)
    assert len(named) > 30
    assert set(named) - {f"{family}_" for family in families} <= set(Code)


def test_the_limits_are_the_ones_in_force() -> None:
    """The numbers of the protocol's last table are the defaults."""
    limits, settings = Limits(), Settings()
    market, rules = fields(MarketRules), fields(Rules)
    levels = next(field.default for field in market if field.name == "max_levels")
    orders = next(field.default for field in rules if field.name == "max_open_orders")
    table = PROTOCOL[PROTOCOL.index("## Limits") :]
    for row in (
        f"| {limits.rate_limit} a second, {limits.rate_burst} at once |",
        f"| {limits.max_message:,} |",
        f"| {limits.bcast_rate} a second, {limits.max_bcast} characters |",
        f"| {orders} |",
        f"| {levels:,} |",
        f"| {limits.max_connections_per_account} |",
        f"| {settings.max_connections_per_address} |",
        f"| {limits.max_registrations_per_minute} a minute |",
        f"| {limits.max_page:,} |",
    ):
        assert row in table
    assert OVERUSE == 5, "the text says five times"
    for name in Limits._fields:
        assert getattr(settings, name) == getattr(limits, name), "one default, in two layers"
