"""The profiles: how many clients, how many messages a second, and what each message is."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple


class Stretch(NamedTuple):
    """A part of a run: a share of its time, and of its rate."""

    time: float
    rate: float
    name: str = ""


STEADY = (Stretch(1.0, 1.0),)
# Calm, too much, calm again: whether the server recovers is as interesting as what it refuses.
PUSHED = (Stretch(0.25, 0.1, "before"), Stretch(0.5, 1.0, "pushed"), Stretch(0.25, 0.1, "after"))


@dataclass(frozen=True)
class Profile:
    """What a run does, as far as nobody says otherwise."""

    name: str
    help: str
    clients: int
    rate: float  # messages a second of all clients together
    seconds: float = 10.0
    course: tuple[Stretch, ...] = STEADY
    trades: bool = True  # orders and cancels; else questions only
    backs_off: bool = False  # a client that is told "not now" waits


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("orders", "orders and cancels at a high rate", clients=20, rate=1000),
        Profile(
            "connections",
            "many connections that each do little",
            clients=300,
            rate=300,
            trades=False,
        ),
        Profile(
            "congestion",
            "more than is allowed, in the middle of the run; clients back off",
            clients=20,
            rate=6000,
            seconds=20,
            course=PUSHED,
            backs_off=True,
        ),
    )
}


@dataclass(frozen=True)
class Plan:
    """How much of what. Rate 0: closed loops, each client sends when it was answered."""

    profile: Profile
    clients: int
    seconds: float
    rate: float


def due_times(course: tuple[Stretch, ...], rate: float, seconds: float) -> Iterator[float]:
    """When messages are due, in seconds since the beginning, evenly within each stretch."""
    begun = 0.0
    for stretch in course:
        interval = 1 / (rate * stretch.rate)
        end = begun + stretch.time * seconds
        for number in count():
            due = begun + number * interval
            if due >= end - interval / 2:
                break
            yield due
        begun = end
