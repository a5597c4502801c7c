"""What a person is told when a server has started."""

import logging
from collections.abc import Mapping

from cxgame import __version__
from cxgame.config import Settings
from cxgame.server.play.play import Play
from cxgame.server.sessions.awaited import awaited
from cxgame.server.sockets.listening import reachable

_SCHEMES = {"orders": "ws", "feed": "ws", "http": "http"}

log = logging.getLogger("cxgame.server")


def banner(play: Play, faces: Mapping[str, tuple[str, int]]) -> str:
    """Where it listens (face → address and port), which game, where it is kept, what
    it waits for, the secret."""
    secure = "s" if play.settings.pem_file is not None else ""
    lines = [f"cxgame {__version__}, game {play.id}: {_course(play)}", ""]
    for face, (bind, port) in faces.items():
        lines.append(f"  {face:8} {_SCHEMES[face]}{secure}://{reachable(bind)}:{port}")
    lines += [f"  {'state':8} {_kept(play)}"]
    if missing := awaited(play.host):
        lines += [f"  {'opens':8} after {missing}"]
    if play.admin_secret is not None:
        lines += ["", f"  admin secret, shown this once: {play.admin_secret}"]
    return "\n".join(lines) + "\n\n"


def tell_of_unshown(settings: Settings, **made: str | None) -> None:
    """Warn of secrets (attribute of the server → value) that were made and shown to nobody.

    No later start can tell them: only their hash is kept.
    """
    for name, secret in made.items():
        if secret is not None and not settings.memory:  # else the next start makes another
            log.warning(
                "a secret was made and shown to nobody: keep the server's `%s`, or set one", name
            )


def _course(play: Play) -> str:
    if play.continued:
        return "goes on where it stopped"
    if play.ended_before is not None:
        return f"new, since {play.ended_before} is over"
    return "new"


def _kept(play: Play) -> str:
    settings = play.settings
    if settings.memory:
        return "NOTHING IS KEPT: when the server ends, the game is gone (--memory)"
    where = str(settings.data_dir) if settings.valkey_url is None else "the Valkey of --valkey-url"
    return f"{where}, durability: {play.store.durability}"
