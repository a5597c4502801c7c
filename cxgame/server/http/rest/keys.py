"""Who asks: the key in `x-api-key`, and the account it stands for.

The game's own key is that of the account `mockx`, who is an admin: one user, one key, as programs
for a single user expect. A player's token is the key of the player's account.
"""

import hashlib
import hmac
from typing import NamedTuple

from starlette.requests import Request

from cxgame.auth import OWNER, User
from cxgame.limits import Buckets, Limits, Share, too_fast
from cxgame.model.commands import GrantRole, OpenAccount
from cxgame.model.errors import Code, Rejection, reject
from cxgame.server.http.rest.desk import GATEWAY, desk_of
from cxgame.server.http.rest.errors import Refused, refusal
from cxgame.server.sessions.host import Host

HEADER = "x-api-key"
FORWARDING = ("forwarded", "x-forwarded-for", "x-real-ip")  # one of them every proxy adds
_ANOTHER_SITE = "cross-site"  # a browser's word for who sends a request


class Caller(NamedTuple):
    """Who asks."""

    account: int
    name: str
    is_admin: bool


class Keys:
    """Which key is the game's own, and how fast players may ask."""

    def __init__(
        self,
        sha256: str = "",
        *,
        is_open: bool = False,
        is_for_here: bool = False,
        limits: Limits | None = None,
    ):
        """`sha256` of the game's key, "" for none; `is_open`: no key is asked for.

        `is_for_here`: either holds because only this computer reaches the port, so it does not for
        what a proxy passes on.
        """
        limits = limits or Limits()
        self._sha256 = sha256
        self._is_open = is_open
        self._is_for_here = is_for_here
        # Of players; the game's owner may be as fast as he likes.
        self._rates: Buckets[int] = Buckets(limits.rate_limit, limits.rate_burst)

    def caller(
        self, host: Host, key: str | None, *, is_forwarded: bool = False, header: str = HEADER
    ) -> Caller:
        """Who holds a key, which was shown in a header. Raises `Refused`."""
        is_owners = not (is_forwarded and self._is_for_here)
        if key is None:
            if not (self._is_open and is_owners):
                raise Refused(401, Code.AUTH_REQUIRED, f"The header {HEADER} is missing.")
            return owner(host)
        digest = hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
        is_good = self._is_open or (self._sha256 and hmac.compare_digest(digest, self._sha256))
        if is_good and is_owners:
            return owner(host)
        user = host.users.holder(digest)
        if user is None:
            why = "does not hold through a proxy: set API_KEY" if is_good else "is not valid"
            raise Refused(401, Code.AUTH_TOKEN, f"The key in {header} {why}.")
        return self._player(host, user)

    def share(self, caller: Caller) -> Share[int] | None:
        """What a caller is limited by; None: nothing."""
        return None if caller.name == OWNER else Share(self._rates, caller.account)

    def _player(self, host: Host, user: User) -> Caller:
        account = host.account_of(user.name)
        if account is None:
            account = _entered(host.enter(user, "", 0, None))
        elif not host.may_play(account):
            raise refusal(reject(Code.AUTH_NOT_LISTED))
        return self.counted(host, account)

    def counted(self, host: Host, account: int) -> Caller:
        """An account that has shown who it is, with this request counted. Raises 429."""
        wait_ns = self._rates.take(account, host.clock.monotonic_ns())
        if wait_ns:
            raise refusal(too_fast(wait_ns))
        return Caller(account, host.game.engine.accounts[account].name, host.is_admin(account))


def who(request: Request) -> Caller:
    """Who asks. Raises 401, or what keeps him out of the game."""
    key = secret_in(request, HEADER)
    if key is None and is_cross_site(request):
        # Without a key any page that this computer's user looks at could trade for him.
        raise Refused(401, Code.AUTH_REQUIRED, f"A page of another site needs {HEADER}.")
    return holder(request, key)


def holder(request: Request, key: str | None, header: str = HEADER) -> Caller:
    """Who holds a key, wherever in a request it was shown. Raises as `who`."""
    keys: Keys = request.app.state.face.keys
    is_forwarded = any(header in request.headers for header in FORWARDING)
    return keys.caller(desk_of(request).host, key, is_forwarded=is_forwarded, header=header)


def secret_in(request: Request, header: str) -> str | None:
    """What a header holds: UTF-8, as most programs send what is not ASCII, or else Latin-1."""
    value = request.headers.get(header)
    if value is None or value.isascii():
        return value
    try:
        return value.encode("latin-1").decode()
    except UnicodeDecodeError:
        return value


def is_cross_site(request: Request) -> bool:
    """Whether a browser sends this request for a page of another site."""
    return request.headers.get("sec-fetch-site") == _ANOTHER_SITE


def admin(request: Request) -> Caller:
    """The admin who asks. Raises 401, and 403 for anybody else."""
    caller = who(request)
    if not caller.is_admin:
        raise Refused(403, Code.AUTH_SECRET_REQUIRED, "Only an admin of the game may do this.")
    return caller


def charge(request: Request, caller: Caller, more: int) -> None:
    """Count a request as `more` than one. Raises 429, and then nothing is counted."""
    share = request.app.state.face.keys.share(caller)
    if share is None or not more:
        return
    wait_ns = share.take_more(desk_of(request).host.clock.monotonic_ns(), more)
    if wait_ns:
        raise refusal(too_fast(wait_ns))


def owner(host: Host) -> Caller:
    """The account of the game's own key, opened with its role if it is not there yet."""
    account = host.account_of(OWNER)
    if account is None:
        opened = host.game.submit(OpenAccount(OWNER), GATEWAY, 0, None)
        if opened.rejection is not None:
            raise refusal(opened.rejection)
        assert opened.account is not None
        account = opened.account.id
    if not host.is_admin(account):
        granted = host.game.submit(GrantRole(account), GATEWAY, 0, None)
        if granted.rejection is not None:
            raise refusal(granted.rejection)
    return Caller(account, OWNER, True)


def _entered(account: int | Rejection) -> int:
    if isinstance(account, Rejection):
        raise refusal(account)
    return account
