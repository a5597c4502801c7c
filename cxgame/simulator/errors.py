"""What `ExchangeClient` raises: a no of the exchange, or a line that was too bad for too long."""


class ExchangeError(Exception):
    """Base of all that the client raises about the exchange and the way to it."""


class Refused(ExchangeError):
    """The exchange said no. `code` is its word for why, `status` that of HTTP (0: by socket)."""

    def __init__(self, sentence: str, *, code: str = "", status: int = 0) -> None:
        super().__init__(sentence)
        self.code = code
        self.status = status


class Unreachable(ExchangeError, ConnectionError):
    """No answer in time, however often it was asked. Nothing was changed by the request."""


class InDoubt(Unreachable):
    """No answer in time to an order that may have arrived.

    Ask again with its `client_order_id`: it is placed once, however often it is asked for.
    """

    def __init__(self, sentence: str, client_order_id: str = "") -> None:
        super().__init__(sentence)
        self.client_order_id = client_order_id
