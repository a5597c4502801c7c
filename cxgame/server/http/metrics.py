"""Metrics for Prometheus. What the game counts itself is read when somebody asks."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

from cxgame.server.http.vitals import Condition, Vitals
from cxgame.server.play.play import Play

# A commit is one fsync: half a millisecond on a good disk, seconds on one that stalls.
_COMMIT_BUCKETS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)

Family = CounterMetricFamily | GaugeMetricFamily | InfoMetricFamily


class Metrics:
    """The metrics of one server, in a registry of its own."""

    def __init__(self, vitals: Vitals) -> None:
        self._registry = CollectorRegistry()
        self.commit_seconds = Histogram(
            "cxgame_commit_seconds",
            "Time from sending a batch to the journal to its being durable.",
            buckets=_COMMIT_BUCKETS_S,
            registry=self._registry,
        )
        self._registry.register(_Vitals(vitals))

    def text(self) -> bytes:
        """All of them, as Prometheus reads it."""
        return generate_latest(self._registry)


class _Vitals(Collector):
    def __init__(self, vitals: Vitals) -> None:
        self._vitals = vitals

    def collect(self) -> Iterator[Family]:
        """Asked by the registry."""
        vitals = self._vitals
        halted = vitals.condition is Condition.HALTED
        yield GaugeMetricFamily("cxgame_connections", "Of the order server.", vitals.connections)
        yield GaugeMetricFamily("cxgame_halted", "Whether the journal is waited for.", halted)
        if vitals.play is not None:
            yield from _of_play(vitals.play)


def _of_play(play: Play) -> Iterator[Family]:
    engine = play.game.engine
    facts = {"game": play.id, "durability": play.store.durability}
    yield InfoMetricFamily("cxgame_game", "Which game, and what an answer is worth.", facts)
    yield CounterMetricFamily("cxgame_commands", "Journaled commands.", engine.command_seq)
    yield CounterMetricFamily("cxgame_trades", "Trades.", engine.last_trade_id)
    yield CounterMetricFamily("cxgame_orders", "Orders accepted.", engine.last_order_id)
    yield CounterMetricFamily("cxgame_batches", "Batches committed.", play.game.batch_seq)
    yield GaugeMetricFamily("cxgame_open_orders", "Open orders.", len(engine.orders))
    yield GaugeMetricFamily("cxgame_accounts", "Accounts.", len(engine.accounts) - 1)
    yield GaugeMetricFamily("cxgame_users", "Registered users.", len(play.host.users))
    faults = play.host.faults
    yield GaugeMetricFamily("cxgame_faults", "Network faults in force.", len(faults.in_force))
    hits = CounterMetricFamily("cxgame_fault_hits", "Messages hit by faults.", labels=["fault"])
    for mode, count in sorted(faults.hits.items()):
        hits.add_metric([mode], count)
    yield hits
    if play.keeper is not None:
        running = play.keeper.is_running
        yield GaugeMetricFamily("cxgame_keeper_up", "Whether the journal is archived.", running)
