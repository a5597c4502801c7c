"""The organiser's command about the network: which faults are in force, set, cleared and dealt."""

from typing import TYPE_CHECKING

import msgspec

from cxgame.faults.dealing import BY_ADMIN
from cxgame.faults.deck import MAX_DEALS, read_deals, read_deck
from cxgame.faults.reading import BadFaultError
from cxgame.model.enums import Phase
from cxgame.model.errors import Code, reject
from cxgame.server.sessions.authority import Answer, as_organiser, notice
from cxgame.server.sessions.dealing import ACT
from cxgame.wire import organiser_requests as r
from cxgame.wire.fields import EXPECTED
from cxgame.wire.organiser_params import FaultsParams
from cxgame.wire.replies import done, refused

if TYPE_CHECKING:
    from cxgame.server.sessions.session import Session

_IDS = "ids of faults in force"


def faults(session: "Session", request: r.Faults) -> Answer:
    """See or change what happens to messages on their way."""
    return as_organiser(session, request, "faults", _faults)


def _faults(session: "Session", request: r.Faults) -> bytes:
    """Clear first, then deal a deck, then set; nothing of it, if anything cannot be read."""
    params, dealer = request.params, session.host.dealing.dealer

    def say(text: str) -> None:
        notice(session, request, ACT, text)

    try:
        name = "set"
        deals = read_deals(params.set or [], "Fault")
        name = "deck"
        deck = None if params.deck is None else read_deck(params.deck)
    except BadFaultError as error:
        bad = reject(Code.PARAM_TYPE, name=name, got=EXPECTED[name])
        return refused("faults", bad, request.id, str(error))
    if session.host.game.engine.phase is Phase.CLOSED and (deals or deck or params.clear):
        return refused("faults", reject(Code.STATE_CLOSED), request.id)
    if len(deals) > dealer.room:
        got = str(MAX_DEALS - dealer.room + len(deals))
        no = reject(Code.FILTER_MAX, name="Faults", limit=str(MAX_DEALS), got=got)
        return refused("faults", no, request.id)
    if params.clear is not None and dealer.clear(_ids(params), say):
        return refused("faults", reject(Code.PARAM_TYPE, name="clear", got=_IDS), request.id)
    if deck is not None:
        dealer.replace_deck(deck, say)
    dealer.deal(deals, BY_ADMIN, say)
    return done("faults", _shown(session), request.id)


def _ids(params: FaultsParams) -> list[int] | None:
    """What is to be cleared; None: all."""
    return None if params.clear == "all" else params.clear


def _shown(session: "Session") -> str:
    """What is in force, and what is to come."""
    dealing = session.host.dealing
    shown = {**dealing.board.describe(), "deck": dealing.dealer.to_come()}
    return msgspec.json.encode(shown).decode()
