"""Why a server could not start or had to end, in one plain sentence, and the exit statuses."""

CANNOT_START = 1
FENCED = 3  # another server has taken the game over
JOURNAL_FAULT = 4  # the journal refuses what this server writes, or is damaged


class ServerError(Exception):
    """Ends the process; the text is one line for the person who runs the server."""

    def __init__(self, sentence: str, status: int = CANNOT_START) -> None:
        super().__init__(sentence)
        self.status = status


class StartError(ServerError):
    """The server cannot start as asked."""


class PlayFault(ServerError):
    """A game in play cannot go on."""
