"""What a call answers after retries. Pure: a request, what came back, how often it was sent.

A reply to the first delivery is the answer. After a lost connection a reply speaks of the second
delivery, and may or may not settle what became of the first.
"""

from dataclasses import replace

from cxgame.client.protocol import ORDER_COMMANDS, Effect, Request
from cxgame.client.response import CLIENT_CONNECTION, STATE_UNKNOWN, Response

# Refusals that the exchange gives before it looks whether it has carried the request out already.
_BEFORE_LOOKING = ("STATE_", "INTERNAL_", "LIMIT_RATE", "LIMIT_CONNECTIONS")
_BEFORE_LOGIN = "AUTH_"
# What a lost try may have done to an order that is not open.
_ENDED = {"cancel": "cancelled it", "amend": "changed it, and it is over now"}


def settle(request: Request, response: Response, deliveries: int) -> Response:
    """The answer, given the reply to the last of `deliveries`."""
    response = replace(response, cid=request.cid)
    if response.status or deliveries <= 1 or request.effect is Effect.READ:
        return response
    code = response.code or ""
    if code == "STATE_DEADLINE" and request.cmd in ORDER_COMMANDS:
        return response  # the exchange has looked for the cid first
    if code.startswith(_BEFORE_LOOKING) or (request.login and code.startswith(_BEFORE_LOGIN)):
        return _unknown(request, response.msg, response.raw)
    if request.cmd in _ENDED and code == "ORDER_NOT_FOUND":
        # Settled: it is not open. Whether the lost try cancelled it or a fill closed it is in
        # `completed` and `fills`; a bot meets the same when a fill comes before its cancel.
        lost = f" The reply to a first try was lost: that one may have {_ENDED[request.cmd]}."
        return replace(response, msg=response.msg + lost)
    return response


def refused_login(request: Request, refusal: Response, deliveries: int) -> Response:
    """The answer when a fresh connection could not log in for the request."""
    if deliveries == 0 or request.effect is Effect.READ:
        return replace(refusal, cid=request.cid)
    return _unknown(request, refusal.msg, refusal.raw)


def give_up(request: Request, fault: str, deliveries: int) -> Response:
    """The answer when none came: `fault` says why."""
    if deliveries == 0 or request.effect is Effect.READ:
        return Response(False, fault, code=CLIENT_CONNECTION, cid=request.cid)
    return _unknown(request, fault, "")


def _unknown(request: Request, fault: str, raw: str) -> Response:
    sentence = f"Whether {request.cmd} was carried out is not known. {fault}"
    return Response(False, sentence, raw=raw, code=STATE_UNKNOWN, cid=request.cid)
