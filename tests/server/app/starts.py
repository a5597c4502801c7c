"""The rules of games that are begun and started again with some settings."""

from cxgame import config
from cxgame.model.rules import Rules
from cxgame.server.play.rules import changed_rules, new_rules


def begin(**keywords: object) -> Rules:
    """The rules of a new game that was given these settings."""
    loaded = config.from_keywords(**keywords)
    return new_rules(loaded.settings, loaded.given, seed=99)


def restart(rules: Rules, **keywords: object) -> Rules:
    """The rules after a restart with these settings."""
    loaded = config.from_keywords(**keywords)
    return changed_rules(rules, loaded.settings, loaded.given)
