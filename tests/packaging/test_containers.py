"""The files for containers, read as Docker would read them; no engine is needed.

What the image runs is run here as well: its command, with the environment that Dockerfile and
compose file give it, against a Valkey with the compose file's options.
"""

import asyncio
import fnmatch
import os
import re
import shlex
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cxgame.client import CxClient
from cxgame.store.binary import find_binary
from tests.packaging.containers import (
    DOCKERFILE,
    compose,
    free_port,
    health,
    instructions,
    plain,
)
from tests.packaging.linters import linted
from tests.support.programs import ROOT, Program

COMPOSE = compose("docker-compose.yml")
COMPOSE_FILES = sorted(path.name for path in ROOT.glob("docker-compose*.yml"))
ENGINE, VALKEY = COMPOSE["services"]["engine"], COMPOSE["services"]["valkey"]
VERSIONS = (ROOT / "DOCKER_VERSIONS.md").read_text(encoding="utf-8")
PINNED = re.compile(r"[a-z0-9./-]+:\d+\.\d+\.\d+[a-z0-9.-]*")


def images() -> set[str]:
    """Every image that is not our own."""
    bases = {text.partition(" AS ")[0] for text in instructions("FROM")}
    services = {
        service["image"] for file in COMPOSE_FILES for service in compose(file)["services"].values()
    }
    return bases | {image for image in services if not image.startswith("cxgame:")}


# The files


def test_every_image_is_pinned_and_listed() -> None:
    """To a full version, the same in every place; and nothing else is listed."""
    rows = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|", VERSIONS, re.MULTILINE)
    assert {f"{name}:{version}" for name, version in rows} == images()
    for image in images():
        assert PINNED.fullmatch(image), image


def test_hadolint_finds_nothing() -> None:
    """The linter of Dockerfiles."""
    linted("hadolint", ROOT / "Dockerfile")


def test_what_is_copied_gets_into_the_context() -> None:
    """Every source of a COPY exists, and .dockerignore lets it through."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "*"
    allowed = [line[1:] for line in lines if line.startswith("!")]
    copied = [text.split()[:-1] for text in instructions("COPY") if "--from" not in text]
    sources = {name for names in copied for name in names}
    assert sources == {name for name in allowed if not name.startswith("**")}
    assert all((ROOT / name).exists() for name in sources)


def test_no_secret_can_get_into_the_context() -> None:
    """All is shut out first, and nothing private is let in again."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for name in (".env", ".git", ".venv", "cxgame-data", "cxgame.toml", "server.pem"):
        assert not [line for line in lines if fnmatch.fnmatch(f"!{name}", line) and line != "*"]
    assert lines[-1] == "**/__pycache__", "later lines would let it in again"


def test_the_image_runs_as_a_user_without_rights() -> None:
    """With a number for a name, its data in a volume that it owns, ended by SIGTERM."""
    (user,), (signal,) = instructions("USER"), instructions("STOPSIGNAL")
    assert int(user) > 0
    assert signal == "SIGTERM"
    assert instructions("VOLUME") == ["/data"]
    assert f"useradd --uid {user} " in DOCKERFILE
    assert instructions("ENTRYPOINT") == ['["cxgame"]']


def test_published_ports_are_this_computers_alone() -> None:
    """And Valkey, which has no password, publishes none."""
    assert "ports" not in VALKEY
    assert len(ENGINE["ports"]) == 3
    for port in ENGINE["ports"]:
        assert port.startswith("127.0.0.1:")
    assert COMPOSE["networks"]["backend"]["internal"]
    assert VALKEY["networks"] == ["backend"]


def test_ports_agree_in_all_places() -> None:
    """What compose publishes is what the server listens on, and what the image exposes."""
    inside = [port.rpartition(":")[2] for port in ENGINE["ports"]]
    names = ("EXCHANGE", "FEED", "HTTP")
    assert inside == [ENGINE["environment"][f"CXGAME_{name}_PORT"] for name in names]
    assert instructions("EXPOSE") == [" ".join(inside)]


# What they run


@pytest.fixture
async def valkey(tmp_path: Path) -> AsyncIterator[str]:
    """A Valkey with exactly the options of the compose file, but for place and port."""
    options = [*VALKEY["command"][1:], "--bind", "127.0.0.1", "--port", str(free_port())]
    options[options.index("--dir") + 1] = str(tmp_path)
    with Program(tmp_path, find_binary(), *options, log=tmp_path / "valkey.log") as running:
        running.until_said("Ready to accept connections")
        yield f"redis://127.0.0.1:{options[-1]}/0"


def container_environment(folder: Path, valkey: str, ready: Path) -> dict[str, str]:
    """What Dockerfile and compose file set, with this machine's places put in."""
    from_image = dict(word.split("=", 1) for word in shlex.split(instructions("ENV")[0]))
    from_compose = {key: plain(text) for key, text in ENGINE["environment"].items()}
    variables = {**from_image, **from_compose, "PATH": os.environ["PATH"]}
    variables |= {key: "0" for key in variables if key.endswith("_PORT")}
    return variables | {
        "VALKEY_URL": valkey,
        "CXGAME_DATA_DIR": str(folder),
        "CXGAME_BIND": "127.0.0.1",
        "CXGAME_READY_FILE": str(ready),
    }


async def test_the_engine_of_the_compose_file_plays(tmp_path: Path, valkey: str) -> None:
    """Healthy, with bots, a trade that is in Valkey; SIGTERM ends it, a new container goes on."""
    folder, ready = tmp_path / "data", tmp_path / "ready.json"
    folder.mkdir()
    variables = container_environment(folder, valkey, ready)
    words = [sys.executable, "-m", "cxgame"]
    with Program(folder, *words, log=tmp_path / "first.log", **variables) as engine:
        ports = engine.until_ready(ready)
        checked = health(CXGAME_HTTP_PORT=str(ports["http"]))
        assert checked.returncode == 0, checked.stdout
        assert '"durability":"always"' in checked.stdout
        assert "no setting" not in engine.said
        bot = CxClient(user="alice", uri=f"ws://127.0.0.1:{ports['exchange']}")
        assert await asyncio.to_thread(lambda: bot.r("register").status)
        engine.process.terminate()
        assert await asyncio.to_thread(engine.wait) == 0
    assert health(CXGAME_HTTP_PORT=str(ports["http"])).returncode == 1
    ready.unlink()
    with Program(folder, *words, log=tmp_path / "second.log", **variables) as engine:
        engine.until_ready(ready)
        assert "goes on where it stopped" in engine.said


def test_a_check_of_nothing_fails() -> None:
    """With status 1 and a line, not with a traceback."""
    done = health(CXGAME_HTTP_PORT=str(free_port()))
    assert done.returncode == 1
    assert "refused" in done.stdout
    assert done.stderr == ""
