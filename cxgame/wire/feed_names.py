"""How users are called on a feed: by their names, or masked as "Player 7" and "Bot 2".

A masked user keeps his number for the whole game and on every feed of it: it counts players, and
house bots apart, in the order in which they entered.
"""

import re
from collections.abc import Iterable, Mapping

UNKNOWN = "Somebody"  # who is not known to have entered, which no name of his may betray
_WORD = re.compile(r"[\w.-]+")


class Names:
    """The users of one game, by account."""

    def __init__(
        self, users: Iterable[str] = (), bots: Iterable[int] = (), *, masked: bool = False
    ) -> None:
        """`users` are the names of the accounts, by id, and `bots` the ids of house bots."""
        self.masked = masked
        self._users: dict[int, str] = {}
        self._masks: dict[str, str] = {}
        self._counts = {"Player": 0, "Bot": 0}
        of_bots = set(bots)
        for account, name in enumerate(users):
            self.enter(account, name, bot=account in of_bots)

    def enter(self, account: int, name: str, *, bot: bool) -> None:
        """A user has entered the game; one who has already is passed over."""
        if account in self._users:
            return
        self._users[account] = name
        if account:  # 0 is the house
            kind = "Bot" if bot else "Player"
            self._counts[kind] += 1
            self._masks[name] = f"{kind} {self._counts[kind]}"

    def shown(self, name: str) -> str:
        """How a user is called."""
        return self._masks.get(name, UNKNOWN) if self.masked else name

    def accounts(self, accounts: Iterable[int]) -> list[str]:
        """How the users of accounts are called, those who are known."""
        return [self.shown(self._users[id]) for id in accounts if id in self._users]

    def sentence(self, text: str) -> str:
        """What the exchange says, with users called so; what players say is theirs."""
        return _WORD.sub(self._word, text) if self.masked else text

    def _word(self, word: "re.Match[str]") -> str:
        masks: Mapping[str, str] = self._masks
        bare = word[0].rstrip(".")
        return masks.get(word[0]) or masks.get(bare, bare) + word[0][len(bare) :]
