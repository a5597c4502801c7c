"""The users of a server, and whether each account of its game still has one."""

import logging

from cxgame.auth import OWNER, UserDamaged, Users
from cxgame.engine.engine import Engine
from cxgame.engine.ledger import Account
from cxgame.ports import UserStore
from cxgame.server.errors import JOURNAL_FAULT, StartError

_MOST_NAMED = 5

log = logging.getLogger("cxgame.server")


async def load_users(store: UserStore, engine: Engine, *, accept_loss: bool) -> Users:
    """Read the users; raises `StartError` when some are damaged or gone.

    An account without its user would belong to whoever registers the name next.
    """
    users = Users(store)
    try:
        await users.load()
    except UserDamaged as error:
        text = f"{error}; restore a backup, or put Valkey's data back as it was"
        raise StartError(text, JOURNAL_FAULT) from error
    gone = [
        account.name
        for account in engine.accounts[1:]
        if _has_user(account) and users.find(account.name) is None
    ]
    if gone:
        names = ", ".join(gone[:_MOST_NAMED]) + (" …" if len(gone) > _MOST_NAMED else "")
        loss = f"the store has lost {len(gone)} of the game's users: {names}"
        if not accept_loss:
            raise StartError(
                f"{loss}; restore a backup, or put Valkey's data back as it was; to let others"
                " register these names, start once with --accept-loss",
                JOURNAL_FAULT,
            )
        log.critical("accepted with --accept-loss: %s", loss)
    return users


def _has_user(account: Account) -> bool:
    """Whether an account is a user's: that of the game's key has the key, a sandbox's nothing."""
    return account.name != OWNER and not account.sandbox
