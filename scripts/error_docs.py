"""Write the codes of `docs/errors.md` and the table of `docs/ccxt.md` from the table of meanings.

Run it after a change to a code: `python -m scripts.error_docs`. A test compares the files with what
this would write. What stands above and below the marked parts is written by hand and kept.
"""

import textwrap
from collections.abc import Callable
from pathlib import Path

from cxgame.model.codes import Code
from cxgame.model.meanings import FAMILIES, MEANINGS

DOCS = Path(__file__).parent.parent / "docs"
BEGIN = "<!-- Written by scripts/error_docs.py from here on -->"
END = "<!-- to here -->"
WIDTH = 104


def codes() -> str:
    """A heading for each family and each code."""
    parts = []
    for family, title in FAMILIES.items():
        parts.append(f"## {title}\n")
        parts += [_entry(code) for code in Code if code.startswith(f"{family}_")]
    return "\n".join(parts)


def exceptions() -> str:
    """The codes and their exceptions of ccxt."""
    rows = [f"| `{code}` | `{MEANINGS[code].ccxt}` |" for code in Code]
    return "\n".join(["| code | exception of ccxt |", "|---|---|", *rows]) + "\n"


PAGES: dict[str, Callable[[], str]] = {"errors.md": codes, "ccxt.md": exceptions}
"""The pages, and what of them is written here."""


def page(name: str, current: str) -> str:
    """A whole page with its marked part renewed."""
    above, begin, rest = current.partition(BEGIN)
    _, end, below = rest.partition(END)
    assert begin, f"{name} has lost its marker"
    assert end, f"{name} has lost the end of its marked part"
    return f"{above}{begin}\n\n{PAGES[name]()}\n{end}{below}"


def _entry(code: Code) -> str:
    meaning = MEANINGS[code]
    lines = [f"### {code}", "", *_wrapped(meaning.cause), ""]
    lines.append(f"- Sentence: `{meaning.sentence}`")
    lines.append(f"- Remedy: {meaning.remedy}")
    lines.append(f"- Retryable: {'yes' if meaning.retryable else 'no'}")
    lines.append(f"- In ccxt: `{meaning.ccxt}`")
    return "\n".join(lines) + "\n"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    for name in PAGES:
        path = DOCS / name
        path.write_text(page(name, path.read_text(encoding="utf-8")), encoding="utf-8")
