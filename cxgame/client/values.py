"""Small makers of values: decimals from what a bot holds, names, tokens, client order ids."""

import secrets
from decimal import Decimal

Money = str | Decimal | int | float

# A number with more digits than this before or after the point is refused by every exchange.
# Beyond it the exponent form is sent (and refused there), for Decimal("1e5000000") written out
# is five million characters.
_MAX_DIGITS = 40


def dec(value: Money) -> Decimal:
    """An exact decimal: `dec("1.5")`, `dec(2)`. A float counts by its shortest text."""
    return Decimal(float.__repr__(value) if isinstance(value, float) else value)


def money_text(value: Money) -> str:
    """A number as the wire takes it: plain decimal text. Text is sent as it is.

    Whether it is a good number is for the exchange to say.
    """
    if isinstance(value, bool) or not isinstance(value, Decimal | int | float):
        return str(value)
    number = dec(value)
    if not number.is_finite():
        return str(number)
    return format(number, "f" if abs(number.adjusted()) <= _MAX_DIGITS else ".6e")


def random_username(prefix: str = "player") -> str:
    """A name that nobody has taken yet, e.g. `player-1f0c9a42`."""
    return f"{prefix}-{secrets.token_hex(4)}"


def new_token() -> str:
    """256 random bits as 64 hex digits: the client's own, so that no lost reply hides it."""
    return secrets.token_hex(32)


def new_cid() -> str:
    """A client order id that this account has not used."""
    return secrets.token_hex(12)
