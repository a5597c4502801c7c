"""Who is logged in to the admin page: random tokens in memory, each with its guard and its end.

A server that starts anew knows nobody. What is kept of a session's token is its hash, so that a
look into the memory of the process opens no door.
"""

import hmac
import secrets
from typing import NamedTuple

from cxgame.auth import new_token, sha256
from cxgame.limits import NS_PER_S

LASTS_S = 12 * 3600  # a day at school, and no night
MOST = 64  # at once; the oldest gives way


class Entry(NamedTuple):
    """One login."""

    csrf: str  # what a request must show beside the cookie; pages of elsewhere cannot read it
    until_ns: int


class Entries:
    """The logins of one server; times are of a clock that never goes back."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}  # by the hash of the token, oldest first

    def open(self, now_ns: int) -> tuple[str, Entry]:
        """Log somebody in who has shown the admin secret: the token for his cookie."""
        token = new_token()
        entry = Entry(secrets.token_urlsafe(32), now_ns + LASTS_S * NS_PER_S)
        while len(self._entries) >= MOST:
            del self._entries[next(iter(self._entries))]
        self._entries[sha256(token)] = entry
        return token, entry

    def find(self, token: str | None, now_ns: int) -> Entry | None:
        """The login that a cookie stands for, if it has not ended."""
        if not token:
            return None
        key = sha256(token)
        entry = self._entries.get(key)
        if entry is not None and entry.until_ns <= now_ns:
            del self._entries[key]
            return None
        return entry

    def close(self, token: str) -> None:
        """Log out."""
        self._entries.pop(sha256(token), None)


def is_guarded(entry: Entry, shown: str | None) -> bool:
    """Whether a request has shown what only our own page can know."""
    return shown is not None and hmac.compare_digest(shown.encode(), entry.csrf.encode())
