"""Sandbox sessions: an account for whoever names a session, opened on first use.

Only in servers started with `sandbox`. A session id is no secret, so it opens no account of a
registered user: that is what the user's token is for.
"""

import hashlib
from typing import TYPE_CHECKING

from cxgame.auth import RESERVED, bad_name
from cxgame.limits import too_many_registrations
from cxgame.model.commands import OpenAccount
from cxgame.model.errors import Code, Rejection, reject

if TYPE_CHECKING:
    from cxgame.server.sessions.host import Host

GATEWAY = "simulator"  # origin of this dialect's commands in the journal
DEFAULT_SESSION = "rest-session"  # of requests that name none
_HASHED = 24  # hexadecimal characters of the hash that stand for an id which is no name


def open_session(host: "Host", session_id: str, address: str = "") -> int | Rejection:
    """The account of a session, opened now if it is the session's first use.

    Refused where sandbox is off, for ids of registered users and reserved names, for accounts
    that no session has opened or that an admin's role was given to, and when one `address` opens
    too many.
    """
    if not host.sandbox:
        return reject(Code.AUTH_REQUIRED)
    name = account_name(session_id)
    if name is None or host.users.find(name) is not None or host.is_registering(name):
        return reject(Code.AUTH_USER_TAKEN)
    known = host.account_of(name)
    if known is not None:
        return _known(host, known)
    wait_ns = host.registrations.take(address, host.clock.monotonic_ns()) if address else 0
    if wait_ns:
        return too_many_registrations(host.limits.max_registrations_per_minute, wait_ns)
    applied = host.game.submit(OpenAccount(name, sandbox=True), GATEWAY, 0, None)
    if applied.rejection is not None:
        return applied.rejection
    assert applied.account is not None
    return applied.account.id


def account_name(session_id: str) -> str | None:
    """Under which name a session plays: its id if that is a name; None if that is reserved."""
    if session_id.casefold() in RESERVED:
        return None
    if bad_name(session_id) is None:
        return session_id
    digest = hashlib.sha256(session_id.encode("utf-8", "surrogateescape")).hexdigest()
    return f"s-{digest[:_HASHED]}"


def _known(host: "Host", account: int) -> int | Rejection:
    known = host.game.engine.accounts[account]
    if not known.sandbox or known.admin:
        return reject(Code.AUTH_USER_TAKEN)
    return account if host.may_play(account) else reject(Code.AUTH_NOT_LISTED)
