"""The deck of the settings, read: which network faults a game begins with."""

from pathlib import Path

from cxgame.config import ConfigError, Settings
from cxgame.faults.deck import Deck, read_deals, read_deck
from cxgame.faults.reading import BadFaultError

MAX_DECK_BYTES = 1_000_000


def deck_of(settings: Settings) -> Deck:
    """What is to be dealt, in playing time. Raises `ConfigError`."""
    given = settings.faults
    if given is None:
        return ()
    try:
        return read_deck(_text_of(given)) if isinstance(given, Path) else read_deals(given)
    except BadFaultError as error:
        where = f" in {given}" if isinstance(given, Path) else ""
        raise ConfigError(f"faults{where}: {error}") from None


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_DECK_BYTES + 1)
        text = content.decode()
    except OSError as error:
        raise ConfigError(f"cannot read the deck {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"cannot read the deck {path}: it is not UTF-8 text") from None
    if len(content) > MAX_DECK_BYTES:
        raise ConfigError(f"the deck {path} has more than {MAX_DECK_BYTES} bytes")
    return text
