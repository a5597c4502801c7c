"""The language of the scenario tables: what a line means, and how its outcome is written.

    alice order buy 1.5 @ 900.00          -> #1 rests 1.5
    bob sell_market 2                     -> #2 trades 1.5 @ 900.00 with #1; #1 filled; …
    wallet alice USD                      -> total 8650.00 free 8650.00 held 0.00

A line is a command, then what follows from it; `docs/matching.md` says why. Everything that a
command sets off stands on its line, in the order in which it happens. A line without `->` must
simply be accepted. `== Title` begins a game, `#` a remark, and a line that begins with `->` goes on
with the line above. Behind the table the engine and the reference exchange play side by side.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.engine.reference_fractions import Fraction

HERE = Path(__file__).parent


class Line(NamedTuple):
    """One command and what is expected of it (None: only that it is accepted)."""

    place: str  # file:number
    command: str
    expected: str | None


class Scenario(NamedTuple):
    """One game of a file."""

    title: str
    lines: list[Line]


def scenarios(path: Path) -> Iterator[Scenario]:
    """The games of a file."""
    current: Scenario | None = None
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = text.split("# ")[0].strip()
        command, arrow, expected = (part.strip() for part in text.partition("->"))
        if text.startswith("== "):
            if current is not None:
                yield current
            current = Scenario(text[3:], [])
        elif not text or text == "#":
            continue
        elif current is None:
            raise ValueError(f"{path.name}:{number}: a line before the first title")
        elif not command:
            last = current.lines.pop()
            current.lines.append(
                last._replace(expected=f"{last.expected or ''} {expected}".strip())
            )
        else:
            line = Line(f"{path.name}:{number}", command, expected if arrow else None)
            current.lines.append(line)
    if current is not None:
        yield current


def decimal(amount: Fraction, least: int = 0) -> str:
    """A decimal with at least so many places; exact, or an error."""
    places = least
    while (amount * 10**places).denominator != 1:
        places += 1
        if places > 30:
            raise ValueError(f"{amount} is no decimal")
    digits = str(abs(int(amount * 10**places))).rjust(places + 1, "0")
    sign = "-" if amount < 0 else ""
    if not places:
        return sign + digits
    return f"{sign}{digits[:-places]}.{digits[-places:]}"


def whole(number: Fraction) -> int:
    """A whole number, or an error."""
    if number.denominator != 1:
        raise ValueError(f"{number} is not whole")
    return int(number)


def outcome_text(facts: tuple[tuple[Any, ...], ...], rests: list[str]) -> str:
    """What happened, in the order in which it happened."""
    parts = [text for fact in facts if (text := _fact_text(fact))]
    return "; ".join(parts + rests)


def _fact_text(fact: tuple[Any, ...]) -> str:
    word, *rest = fact
    match word:
        case "trade":
            _, _, taker, price, size, buy, sell, _, _, _, _, buy_fee, sell_fee = rest
            own, other = (buy, sell) if taker == "buy" else (sell, buy)
            own, other = (own, other) if own else (other, own)  # the house does not tell
            fees = [decimal(fee, 2) for fee in (buy_fee, sell_fee)]
            charged = f" (fees: buy {fees[0]}, sell {fees[1]})" if buy_fee or sell_fee else ""
            partner = f"#{other}" if other else "house"
            return f"#{own} trades {decimal(size)} @ {decimal(price, 2)} with {partner}{charged}"
        case "reduced":
            return f"#{rest[0]} cut by {decimal(rest[1])}"
        case "closed":
            left = f", {decimal(rest[2])} left" if rest[2] else ""
            return f"#{rest[0]} cancelled ({rest[1].replace('_', '-')}){left}"
        case "amended":
            place = " in place" if rest[4] else ""
            return f"#{rest[0]} amended to {decimal(rest[2])} @ {decimal(rest[1], 2)}{place}"
        case "armed":
            return f"#{rest[0]} armed at {decimal(rest[12], 2)}"
        case "fired":
            return f"#{rest[0]} fires at {decimal(rest[1], 2)}"
        case "disarmed":
            left = f", {decimal(rest[2])} left" if rest[2] else ""
            return f"#{rest[0]} disarmed ({rest[1]}){left}"
        case "rejected":
            return f"#{rest[0]} rejected ({rest[2]})"
        case "filled":
            return f"#{rest[0]} filled"
        case "account":
            team = f" in team {rest[2]}" if rest[2] else ""
            return f"account {rest[0]}{team}"
        case "said":
            return f"{rest[0]}: {rest[1]}"
        case "phase":
            return f"{rest[0]}" + (
                "" if rest[1] is None else f", {decimal(Fraction(rest[1], 1000))} s to go"
            )
        case "wanted":
            return "play may begin" if rest[0] else "play may not begin"
        case "round":
            return f"round {rest[0]}"
        case "results":
            rows = [f"{row[0]}. {row[1]} {decimal(row[4], 2)}" for row in rest[1]]
            return "results: " + ", ".join(rows)
        case "ticker":
            return f"{rest[0]} {decimal(rest[1], 2)} / {decimal(rest[2], 2)}"
        case "time":
            return "time passes"
    return ""
