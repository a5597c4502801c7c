"""The files for containers as Docker would read them, and what they run, without Docker."""

import re
import socket
import subprocess
import sys
from typing import Any

import yaml  # type: ignore[import-untyped]

from tests.support.programs import ROOT, WITHIN_S, environment

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
CHECK = ROOT / "scripts" / "healthcheck.py"


def compose(name: str) -> dict[str, Any]:
    """A compose file."""
    found: dict[str, Any] = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    return found


def instructions(word: str) -> list[str]:
    """What stands after each such instruction, continued lines joined."""
    joined = re.sub(r"\\\n\s*", "", DOCKERFILE)
    return re.findall(rf"^{word} (.+)$", joined, re.MULTILINE)


def plain(text: str) -> str:
    """A value of compose in which no variable is set: `${NAME:-default}` is its default."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def health(**variables: str) -> subprocess.CompletedProcess[str]:
    """The container's check of its own health."""
    return subprocess.run(
        [sys.executable, str(CHECK)],
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
