"""The private stream: logged in, subscribed to, and begun anew when something of it is missing."""

from typing import Any

import pytest

from cxgame.ccxt.executions import Executions

LOGGED_IN = {"status": True, "message": "Authenticated", "data": None, "id": "auth"}
SUBSCRIBE = {"cmd": "subscribe", "params": {"channels": ["executions"]}, "id": "subscribe"}
SNAPSHOT = {"type": "executions_snapshot", "seq": 0, "orders": [], "wallets": {}}


class Reader:
    """What was told."""

    def __init__(self) -> None:
        self.begun = 0
        self.told: list[int] = []
        self.executions = Executions(
            self._on_snapshot, lambda frame: self.told.append(frame["seq"])
        )

    def _on_snapshot(self, frame: dict[str, Any]) -> None:
        self.begun += 1

    def take(self, *frames: dict[str, Any]) -> list[Any]:
        return [self.executions.take(frame) for frame in frames]


def execution(seq: int) -> dict[str, Any]:
    return {"type": "execution", "seq": seq}


@pytest.fixture
def reader() -> Reader:
    """One that is subscribed."""
    reader = Reader()
    login = reader.executions.login("alice", "secret")
    assert (login["cmd"], login["params"]) == ("auth", {"username": "alice", "token": "secret"})
    subscribed = {"status": True, "data": {"channels": ["executions"]}, "id": "subscribe"}
    assert reader.take(LOGGED_IN, subscribed, SNAPSHOT) == [SUBSCRIBE, None, None]
    return reader


def test_frames_are_told_in_order_and_once(reader: Reader) -> None:
    """Balances are numbered with the rest."""
    wallets = {"type": "wallets", "seq": 2, "wallets": {}}
    reader.take(execution(1), wallets, execution(2), wallets, execution(3), {"type": "heartbeat"})
    assert (reader.told, reader.begun) == ([1, 2, 3], 1)


def test_a_gap_begins_the_subscription_anew(reader: Reader) -> None:
    """What comes before the snapshot is in the snapshot."""
    assert reader.take(execution(1), execution(3), execution(4)) == [None, SUBSCRIBE, None]
    assert reader.take(SNAPSHOT, execution(1)) == [None, None]
    assert (reader.told, reader.begun) == ([1, 1], 2)


def test_a_new_connection_waits_for_its_snapshot(reader: Reader) -> None:
    """Whatever the old one had told."""
    reader.take(execution(1))
    reader.executions.login("alice", "secret")
    assert reader.take(LOGGED_IN, execution(2), SNAPSHOT, execution(1)) == [SUBSCRIBE] + [None] * 3
    assert reader.told == [1, 1]
