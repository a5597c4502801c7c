"""The services of the exchange for one user: `mockx_service.py valkey|oracle|engine [ARGUMENT...]`.

The process becomes the program that it names, as environment and `.env` say. All three agree on
one Valkey: the one that is named there, else ours, on VALKEY_PORT (6379) of this computer.
`mockx_service.py valkey --ready` says by its exit status whether that one answers.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn
from urllib.parse import unquote, urlsplit

from cxgame.config import ConfigError, Settings
from cxgame.config.loading import load_only
from cxgame.config.loopback import is_loopback
from cxgame.config.sources import process_environment, read_dotenv
from cxgame.store.binary import find_binary
from cxgame.store.endpoint import Endpoint
from cxgame.store.errors import StoreError, StoreUnavailable
from cxgame.store.link import Link

PRESET = "mockx"
PORT = "6379"
READY_S = 2.0

_VALKEY = ("valkey_url", "valkey_password", "data_dir")


def main(words: Sequence[str]) -> None:
    """Become the service; whatever is wrong is one line and status 1."""
    services = {"valkey": valkey, "oracle": oracle, "engine": engine}
    if not words or words[0] not in services:
        sys.exit(f"usage: mockx_service.py {'|'.join(services)} [ARGUMENT...]")
    try:
        services[words[0]](settings(), words[1:])
    except (ConfigError, StoreError, OSError) as error:
        sys.exit(f"mockx_service: {error}")


def settings() -> Settings:
    """Where everything is; from here on the environment names the Valkey, if nothing else does."""
    found = load_only(_VALKEY, {}).settings
    if found.valkey_url is None:
        port = variable("VALKEY_PORT") or PORT
        os.environ.update(VALKEY_HOST="127.0.0.1", VALKEY_PORT=port)
        found = load_only(_VALKEY, {}).settings
    return found


def valkey(known: Settings, words: Sequence[str]) -> None:
    """A Valkey that forgets nothing it has answered, and lets in who knows the password."""
    address = known.valkey_address or ""
    if "--ready" in words:
        sys.exit(0 if asyncio.run(answers(address)) else 1)
    parts = urlsplit(address)
    if parts.hostname is None or not is_loopback(parts.hostname):
        raise ConfigError(f"the Valkey at {parts.hostname} is another's, so none is started here")
    folder = known.data_dir.absolute() / "mockx-valkey"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    password = unquote(parts.password) if parts.password else None
    become(
        [str(find_binary()), "-", *words],
        valkey_settings(folder, str(parts.port or PORT), password),
    )


def oracle(known: Settings, words: Sequence[str]) -> None:
    """The price service. With a model and no symbols, it writes the market of the preset."""
    os.environ.setdefault("CXGAME_PRESET", PRESET)
    become([sys.executable, "-m", "cxgame", "oracle", *words])


def engine(known: Settings, words: Sequence[str]) -> None:
    """The server. Its files are apart from those of a game in a Valkey of its own."""
    flags = ["--preset", PRESET]
    if not is_said("oracle", words):
        flags += ["--oracle", "valkey"]
    if not is_said("data_dir", words, environment=False):
        flags += ["--data-dir", str(known.data_dir / "mockx")]
    become([sys.executable, "-m", "cxgame", *flags, *words])


def valkey_settings(folder: Path, port: str, password: str | None) -> str:
    """The configuration, as text."""
    lines = [
        "bind 127.0.0.1",
        f"port {port}",
        f"dir {quoted(str(folder))}",
        "appendonly yes",
        "appendfsync always",
        'save ""',
        "maxmemory-policy noeviction",
        "daemonize no",
        'logfile ""',
    ]
    if password:
        lines.append(f"requirepass {quoted(password)}")
    return "\n".join(lines) + "\n"


async def answers(address: str) -> bool:
    """Whether a Valkey is there that lets us in and has read its data."""
    link = Link(Endpoint.url(address))
    try:
        async with asyncio.timeout(READY_S):
            return bool(await link.call("PING") == b"PONG")
    except (StoreUnavailable, ConnectionError, TimeoutError):
        return False
    finally:
        await link.close()


def become(command: list[str], said: str | None = None) -> NoReturn:
    """Run a program in our place; what is `said` it reads from its standard input.

    So a password stands on no command line.
    """
    if said is not None:
        reading, writing = os.pipe()
        os.write(writing, said.encode())
        os.close(writing)
        os.dup2(reading, 0)
    os.execv(command[0], command)


def is_said(name: str, words: Sequence[str], *, environment: bool = True) -> bool:
    """Whether somebody has named a setting, so that we need not."""
    flag = "--" + name.replace("_", "-")
    if any(word == flag or word.startswith(flag + "=") for word in words):
        return True
    return environment and name in load_only((name,), {}).given


def variable(name: str) -> str | None:
    """A variable of the environment or else of `.env`."""
    dotenv = Path(".env")
    found = read_dotenv(dotenv, []) if dotenv.is_file() else {}
    return process_environment().get(name) or found.get(name)


def quoted(text: str) -> str:
    """A text as Valkey's configuration has it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


if __name__ == "__main__":
    main(sys.argv[1:])
