"""What a game waits for before it opens, in words for the person who runs the server."""

from cxgame.model.enums import Phase
from cxgame.server.sessions.host import Host

SHOWN = 5  # names; a class of thirty would fill the screen


def awaited(host: Host) -> str:
    """The start command, or who is not connected yet; empty for a game that waits for neither."""
    engine = host.game.engine
    if engine.phase is not Phase.REGISTRATION:
        return ""
    if not engine.start_requested:
        return "cxgame admin start"
    teams = (engine.known_rules.whitelist or {}).values()
    missing = [name for team in teams for name in team if not _is_there(host, name)]
    if len(missing) > SHOWN:
        return f"{', '.join(missing[:SHOWN])} and {len(missing) - SHOWN} more"
    return ", ".join(missing)


def _is_there(host: Host, name: str) -> bool:
    account = host.account_of(name)
    return account is not None and bool(host.sessions_of(account))
