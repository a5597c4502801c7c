"""The simulator's configuration, where its users look for it.

What is allowed stands in `cxgame.config.simulator`, what it means to the server in
`cxgame.config.simulator_settings`.
"""

from cxgame.config import ConfigError
from cxgame.config.simulator import DEFAULT_FILE, Config

__all__ = ["DEFAULT_FILE", "Config", "ConfigError"]
