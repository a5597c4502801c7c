"""Configuration: every setting, and the only reader of the environment in the package."""

from cxgame.config.bots import BotEnvironment, bot_environment, child_environment
from cxgame.config.errors import BotConfigError, ConfigError
from cxgame.config.failpoint import failpoint
from cxgame.config.feeder import (
    COMMON,
    FEEDER_ABOUT,
    FEEDER_DEFAULTS,
    FeederSettings,
    LoadedFeeder,
    load_feeder,
)
from cxgame.config.loading import Loaded, flag_of, from_keywords, load, load_admin_secret
from cxgame.config.presets import PRESETS
from cxgame.config.settings import ABOUT, DEFAULTS, Settings
from cxgame.config.whitelist import named_players

__all__ = [
    "ABOUT",
    "COMMON",
    "DEFAULTS",
    "FEEDER_ABOUT",
    "FEEDER_DEFAULTS",
    "PRESETS",
    "BotConfigError",
    "BotEnvironment",
    "ConfigError",
    "FeederSettings",
    "Loaded",
    "LoadedFeeder",
    "Settings",
    "bot_environment",
    "child_environment",
    "failpoint",
    "flag_of",
    "from_keywords",
    "load",
    "load_admin_secret",
    "load_feeder",
    "named_players",
]
