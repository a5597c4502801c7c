"""What is told of the scenarios: a block for each, and a last line for all."""

from collections.abc import Sequence

from cxgame.simulator.health import COUNTED
from cxgame.simulator.scenarios import Outcome

_NAME = 18  # columns of the first word of a line


def block(outcome: Outcome) -> str:
    """How a scenario went: right or wrong, its figures, what the line did, and for how long."""
    said = "right" if outcome.is_right else f"WRONG: {outcome.error}"
    lines = [f"{outcome.name:<{_NAME}}{said}, {outcome.seconds:.1f} s"]
    if outcome.figures:
        lines.append(
            _line("", ", ".join(f"{word} {text}" for word, text in outcome.figures.items()))
        )
    lines += [
        _line("went wrong" if first else "", f"{count:>5} {COUNTED[what]}")
        for first, (what, count) in _firsts(outcome.troubles)
    ]
    if outcome.right_after_s is not None:
        doubted = f", in doubt for {outcome.in_doubt_s:.2f} s in all" if outcome.in_doubt_s else ""
        lines.append(_line("all right", f"{outcome.right_after_s:.2f} s after the end{doubted}"))
    return "\n".join(lines)


def summary(outcomes: Sequence[Outcome]) -> str:
    """The last line."""
    right = sum(outcome.is_right for outcome in outcomes)
    troubles = sum(sum(outcome.troubles.values()) for outcome in outcomes)
    told = f"{troubles} times something" if troubles else "nothing"
    return f"{right} of {len(outcomes)} scenarios came right; {told} went wrong on the line."


def _firsts(troubles: dict[str, int]) -> list[tuple[bool, tuple[str, int]]]:
    most_first = sorted(troubles.items(), key=lambda item: -item[1])
    return [(index == 0, item) for index, item in enumerate(most_first)]


def _line(word: str, text: str) -> str:
    return f"  {word:<{_NAME - 2}}{text}"
