"""The REST face of a game that comes up: who has its key, and its jobs."""

import asyncio

from starlette.datastructures import State

from cxgame import logs
from cxgame.auth import OWNER, Users, sha256
from cxgame.config import Settings
from cxgame.server.http.rest.face import Face
from cxgame.server.http.rest.jobs import Intervals, run_jobs
from cxgame.server.http.rest.keys import Keys, owner
from cxgame.server.play.play import Play

EVERYBODYS_KEY = "invalid-key"  # what programs for one user send when nobody has set a key


async def open_face(state: State, play: Play) -> tuple[str | None, "asyncio.Task[None]"]:
    """Let requests in to a game that is up; `state` is the application's.

    Returns the key that was made, if one was, and the task of the jobs, for the caller to cancel.
    A game of many that others can reach has no key of its own unless one is set: its players have
    theirs.
    """
    face: Face = state.face
    settings, host = face.settings, play.host
    jobs = run_jobs(state, host, _intervals(settings), play.stopped_ms)
    state.prices = play.ticking  # where prices are set by hand
    made = None
    key_sha256 = _given(settings)
    is_for_one = bool(play.game.engine.known_rules.cash_asset)
    if is_for_one and not key_sha256 and not settings.test_env:
        made, key_sha256 = await _made(host.users)
    face.keys = Keys(
        key_sha256,
        is_open=settings.test_env,
        is_for_here=_is_for_here(settings, key_sha256),
        limits=host.limits,
    )
    if is_for_one:
        owner(host)
    return made, jobs


def key_text(key: str) -> str:
    """What the terminal says of a key that was made now."""
    return f"  API key of {OWNER}, shown this once: {key}\n\n"


def _given(settings: Settings) -> str:
    """The hash of the key that the settings lead to; "" if one has to be made."""
    if settings.api_key not in (None, EVERYBODYS_KEY):
        return sha256(str(settings.api_key))
    is_private = settings.insecure or settings.http_is_local
    return sha256(EVERYBODYS_KEY) if is_private else ""


def _is_for_here(settings: Settings, key_sha256: str) -> bool:
    """Whether who may ask rests on this computer alone reaching the port."""
    is_easy = settings.test_env or key_sha256 == sha256(EVERYBODYS_KEY)
    return is_easy and not settings.insecure


async def _made(users: Users) -> tuple[str | None, str]:
    key = await users.make_api_key()
    logs.hide(*filter(None, [key]))
    return key, users.api_key_sha256


def _intervals(settings: Settings) -> Intervals:
    return Intervals(
        settings.prune_every,
        settings.stale_after,
        settings.expire_after,
        settings.sanity_check_every,
    )
