"""What all sessions of the simulator's dialect in one game share."""

from cxgame.server.sessions.host import Host
from cxgame.server.simulator.accounts import AccountNews
from cxgame.server.simulator.channels import Channels
from cxgame.wire.simulator_rows import Figures


class Hall:
    """One game as its sessions at `/ws` know it."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._figures: list[Figures] = []  # by market, of those that were there when last asked
        self.accounts = AccountNews(host.game, self.figures)
        self.channels = Channels(host, self.figures)

    def figures(self, market: int) -> Figures:
        """The numbers of a market, written; a market may join at any time."""
        try:
            return self._figures[market]
        except IndexError:
            for place in self.host.game.engine.markets[len(self._figures) :]:
                self._figures.append(Figures(place.market))
            return self._figures[market]
