"""What the REST face of one server has: its settings, its keys, the server's vitals."""

from dataclasses import dataclass, field

from cxgame.config import Settings
from cxgame.faults import Board
from cxgame.server.http.rest.keys import Keys
from cxgame.server.http.vitals import Vitals


@dataclass
class Face:
    """Found by handlers as `request.app.state.face`."""

    vitals: Vitals
    settings: Settings = field(default_factory=Settings)
    keys: Keys = field(default_factory=Keys)

    @property
    def faults(self) -> Board | None:
        """What happens to messages on their way, while there is a game."""
        play = self.vitals.play
        return None if play is None else play.host.faults
