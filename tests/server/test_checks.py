"""What is refused before a port is taken or a game is begun."""

from pathlib import Path

import pytest

from cxgame.config import ConfigError, from_keywords, load
from cxgame.server.app import CxServer
from cxgame.server.checks import check_faults, check_place, check_sources
from cxgame.server.exchange import CxExchange


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"oracle": "gbmm"}, "'gbmm' is no price source"),
        ({"oracle": "gbm:price=abc"}, "not a number"),
        ({"oracle": "gbm:nonsense=1"}, "there is no parameter 'nonsense'"),
        ({"oracle": "no_such_module:Model"}, "no_such_module cannot be imported"),
        ({"oracle": "replay:file=nowhere.csv"}, "nowhere.csv cannot be read"),
        ({"oracle": "A/B=gbm", "symbol": "C/D"}, "there is no market A/B"),
        ({"oracle": "valkey", "memory": True}, "no price can be read"),
        ({"oracle": ["gbm", "ETH/USD=valkey"], "memory": True}, "no price can be read"),
    ],
)
def test_a_source_that_cannot_be_is_one_sentence(
    settings: dict[str, object], sentence: str
) -> None:
    """The order server and the whole server refuse it when they are made."""
    for server in (CxExchange, CxServer):
        with pytest.raises(ConfigError) as refused:
            server(**settings)  # type: ignore[arg-type]
        assert sentence in str(refused.value)
        assert "\n" not in str(refused.value)


def test_a_contradiction_names_both_settings() -> None:
    """With the places where they were set."""
    loaded = load({"memory": True}, {"CXGAME_ORACLE": "valkey"}, Path("/nowhere"))
    with pytest.raises(ConfigError, match=r"memory \(--memory\) .* oracle \(CXGAME_ORACLE\)"):
        check_sources(loaded)


def test_a_source_may_be_for_a_market_of_the_game_that_is_kept() -> None:
    """Without `symbol` nobody knows yet which markets there are."""
    check_sources(from_keywords(oracle="ETH/USD=gbm"))
    check_sources(from_keywords(oracle="valkey"))
    check_sources(from_keywords(memory=True))


def test_a_ready_file_needs_a_place(tmp_path: Path) -> None:
    """Its directory is looked for before a game and its secret are made."""
    for path, sentence in (
        (tmp_path / "missing" / "ready", "which is no directory"),
        (tmp_path, "which is a directory"),
    ):
        with pytest.raises(ConfigError, match=rf"ready_file \(keyword\) .* {sentence}"):
            CxServer(ready_file=path)
    check_place(from_keywords(ready_file=tmp_path / "ready"), "ready_file")
    check_place(from_keywords(), "ready_file")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot read the deck .*: No such file or directory"),
        (b"\xff", "cannot read the deck .*: it is not UTF-8 text"),
        (b"deal = 1", r"faults in .*deck.toml: Each deal of a deck is a table \[\[deal\]\]"),
        (b" " * 1_000_001, "the deck .* has more than 1000000 bytes"),
    ],
)
def test_a_deck_is_read_before_anything_is_begun(
    tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    """And what is wrong with it said in one sentence."""
    file = tmp_path / "deck.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=sentence):
        check_faults(from_keywords(faults=file))


def test_the_tables_of_a_deck_are_read_as_well() -> None:
    """Those of a TOML file of settings, or of a program."""
    check_faults(from_keywords(faults=[{"fault": "silence", "at": 3}]))
    with pytest.raises(ConfigError, match="faults: Deal 2: drop: probability is missing"):
        check_faults(from_keywords(faults=[{"fault": "silence"}, {"fault": "drop"}]))
