"""What stands in for the server and the client behind the command line, and records calls."""

import sys
from types import ModuleType
from typing import Any

import pytest

from cxgame.config import Loaded


def put(monkeypatch: pytest.MonkeyPatch, name: str, **members: object) -> None:
    """Stand a module of these members in the place of a real one."""
    module = ModuleType(name)
    vars(module).update(members)
    monkeypatch.setitem(sys.modules, name, module)


class Server:
    """A server that records what it was started with."""

    def __init__(self, status: int = 0) -> None:
        self.status = status
        self.loaded: Loaded | None = None

    def run(self, loaded: Loaded) -> int:
        self.loaded = loaded
        return self.status


class Answer:
    """What the fake client's `r` returns."""

    def __init__(
        self, status: bool, msg: str, code: str | None = None, data: object = None
    ) -> None:
        self.status, self.msg, self.code, self.data = status, msg, code, data


class Client:
    """A client that records its calls and answers from a list, the last answer for ever."""

    made: dict[str, Any]
    calls: list[tuple[object, ...]]
    answers: list[Answer]

    def __init__(self, **options: Any) -> None:
        type(self).made = options

    def r(self, *words: object, secret: str | None = None, **more: object) -> Answer:
        self.calls.append((*words, *more.items(), *filter(None, [secret])))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
