"""What a store may refuse or fail at, apart from `JournalFault`, which `cxgame.ports` owns."""


class StoreError(Exception):
    """The store cannot be used as asked; the text is one clear line for the person who asked."""


class DirectoryBusy(StoreError):
    """Another server holds the data directory."""

    def __init__(self, text: str, pid: int | None) -> None:
        super().__init__(text)
        self.pid = pid


class StoreDamaged(StoreError):
    """What the store holds cannot be gone on with: cut, altered, exchanged or not ours."""


class FileCutShort(StoreDamaged):
    """A file of Valkey's ends in the middle of a command."""

    def __init__(self, text: str, file: str) -> None:
        super().__init__(text)
        self.file = file


class LeaseHeld(StoreError):
    """Another server writes this game."""

    def __init__(self, game: str, owner: str) -> None:
        super().__init__(
            f"game {game} is being played by {owner}; stop that server first,"
            " or take the game over with --takeover"
        )
        self.owner = owner


class StoreUnavailable(ConnectionError):
    """The store does not answer now; trying again later may help."""


class EventsGap(Exception):
    """Public events that were asked for are not kept any more; the next kept one is `first`."""

    def __init__(self, wanted: int, first: int) -> None:
        super().__init__(f"event {wanted} is not kept any more; the next kept one is {first}")
        self.wanted = wanted
        self.first = first
