"""Presets: where they stand among the sources, and what they say."""

from pathlib import Path

import pytest

from cxgame.config import ABOUT, PRESETS, ConfigError, from_keywords, load, load_feeder


@pytest.mark.parametrize(
    ("preset", "name"), [(preset, name) for preset, values in PRESETS.items() for name in values]
)
def test_what_a_preset_says_is_allowed(preset: str, name: str) -> None:
    """Each value of a preset is one of its setting."""
    ABOUT[name].kind.read(PRESETS[preset][name])


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_agrees_with_itself(preset: str) -> None:
    """A preset alone is enough for a start, and counts as the only thing that was given."""
    loaded = from_keywords(preset=preset)
    assert loaded.given == {"preset"}
    assert loaded.sources["preset"] == "keyword"
    assert {loaded.sources[name] for name in PRESETS[preset]} == {f"preset {preset}"}


def test_the_exchange_for_one() -> None:
    """The preset `mockx` is what the variables of its kind mean where they are not set."""
    settings = from_keywords(preset="mockx").settings
    assert (settings.maker_fee, settings.taker_fee) == ("0.00075", "0.00075")
    assert (settings.min_answer_time, settings.max_answer_time) == (3.0, 5.0)
    assert (settings.fill_sigma, settings.tick_interval) == ("0.1", 10.0)
    assert (settings.prune_every, settings.stale_after, settings.expire_after) == (60, 24, 24)
    assert (settings.cash_asset, settings.sanity_check_every) == ("USDT", 5)
    assert (settings.http_is_local, settings.durability) == (True, "relaxed")


def test_every_source_is_stronger(tmp_path: Path) -> None:
    """A preset holds where flag, environment, `.env` and TOML say nothing, wherever it is named."""
    (tmp_path / "cxgame.toml").write_text("cash_asset = 'EUR'\npreset = 'mockx'\n")
    (tmp_path / ".env").write_text("TICK_LOOP_SEC=30\n")
    loaded = load({"stp": "none"}, {"COMMISSION": "0.001"}, tmp_path)
    settings = loaded.settings
    assert (settings.cash_asset, settings.tick_interval, settings.stp) == ("EUR", 30.0, "none")
    assert (settings.maker_fee, settings.liquidity, settings.rate_limit) == ("0.001", "house", 0)
    assert loaded.given == {
        "preset",
        "cash_asset",
        "tick_interval",
        "stp",
        "maker_fee",
        "taker_fee",
    }


def test_a_preset_can_be_taken_away(tmp_path: Path) -> None:
    """A stronger source may say that there is none; another word is refused with the choice."""
    assert load({"preset": "none"}, {"CXGAME_PRESET": "mockx"}, tmp_path).settings.bind == "0.0.0.0"
    wrong = r"preset \(--preset\) must be mockx or simulator, or none, not 'x'"
    with pytest.raises(ConfigError, match=wrong):
        load({"preset": "x"}, {}, tmp_path)


def test_a_contradiction_names_the_preset(tmp_path: Path) -> None:
    """What a preset said is called by its name."""
    with pytest.raises(ConfigError) as caught:
        load({"preset": "mockx"}, {"MAX_TIME_ANSWER_ORDER_MARKET": "2"}, tmp_path)
    assert str(caught.value) == (
        "min_answer_time (preset mockx) is 3, more than the 2 of "
        "max_answer_time (MAX_TIME_ANSWER_ORDER_MARKET)"
    )


def test_the_price_service_knows_the_preset_too(tmp_path: Path) -> None:
    """Without symbols of its own it feeds the market of the game beside it."""
    (tmp_path / ".env").write_text("CXGAME_PRESET=mockx\nCXGAME_SEED=7\n")
    common = load_feeder({}, {}, tmp_path).common
    assert (common.symbol, common.seed) == (("BTC/USDT",), 7)
