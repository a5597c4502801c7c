"""A Valkey (or Redis) that somebody else runs: is it fit to keep a game, and how well does it?"""

import asyncio

from cxgame.store.api import ALWAYS, MEMORY_ONLY
from cxgame.store.endpoint import Endpoint
from cxgame.store.errors import StoreError
from cxgame.store.link import Link

_OLDEST = 7  # functions came with 7.0
_SETTINGS = ("appendonly", "appendfsync", "save", "maxmemory-policy")


async def check_server(endpoint: Endpoint, *, relaxed: bool) -> str:
    """The durability in force, as a text for banner and health; raises StoreError if unfit.

    Less than `appendfsync always` can lose what was acknowledged, and is refused unless `relaxed`.
    """
    link = Link(endpoint)
    try:
        async with asyncio.timeout(10.0):
            flat = await link.call("HELLO")
            hello = {name: value for name, value in zip(flat[::2], flat[1::2], strict=True)}
            _check_kind(endpoint, hello)
            config = await _config(link)
    except (ConnectionError, TimeoutError) as error:
        raise StoreError(f"cannot reach Valkey at {endpoint.name}: {error}") from error
    finally:
        await link.close()
    policy = config.get("maxmemory-policy", "noeviction")
    if policy != "noeviction":
        raise StoreError(
            f"Valkey at {endpoint.name} may evict what it holds (maxmemory-policy {policy});"
            " set it to noeviction"
        )
    durability = _durability(config)
    if durability != ALWAYS and not relaxed:
        raise StoreError(
            f"Valkey at {endpoint.name} can lose acknowledged orders (durability: {durability});"
            " set appendonly yes and appendfsync always, or start with --durability relaxed"
        )
    return durability


def _check_kind(endpoint: Endpoint, hello: dict[bytes, object]) -> None:
    version, mode, role = (_text(hello.get(name)) for name in (b"version", b"mode", b"role"))
    major = version.partition(".")[0]
    if not major.isdigit() or int(major) < _OLDEST:
        raise StoreError(f"Valkey at {endpoint.name} is {version}; {_OLDEST}.0 or newer is needed")
    if mode != "standalone":
        raise StoreError(f"Valkey at {endpoint.name} runs as {mode}; only standalone is supported")
    if role != "master":
        raise StoreError(f"Valkey at {endpoint.name} is a {role}; give the primary")


async def _config(link: Link) -> dict[str, str]:
    """The settings that matter; empty where the service forbids to ask."""
    try:
        flat = await link.call("CONFIG", "GET", *_SETTINGS)
    except StoreError:
        return {}
    return {_text(key): _text(value) for key, value in zip(flat[::2], flat[1::2], strict=True)}


def _durability(config: dict[str, str]) -> str:
    if "appendonly" not in config:
        return "unknown (relaxed)"
    if config["appendonly"] == "yes":
        fsync = config.get("appendfsync", "unknown")
        return ALWAYS if fsync == "always" else f"{fsync} (relaxed)"
    return "snapshots only (relaxed)" if config.get("save") else MEMORY_ONLY


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
