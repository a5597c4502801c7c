"""From the Markdown of the repository to the site's, which is stricter about four things.

A list wants an empty line before it, and four spaces where two are enough here; a block of code
names its language and nothing else; and of two headings alike the second is `name_1`, not `name-1`.
"""

import re

_FENCE = re.compile(r"^( *)```(\w*)(?: .*)?$")
_ITEM = re.compile(r"^ *(?:[-*]|\d+\.) ")
_SECOND = re.compile(r"(\]\([^)\s]*#[\w-]+?)-(\d)\)")


def adapted(text: str) -> str:
    """The page as the site's Markdown reads it."""
    lines: list[str] = []
    fence: str | None = None  # how far the block is indented that we are in
    last = ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if fence is not None:
            lines.append(f"{fence}{line}" if line else line)
            if mark:
                fence = None
        elif mark:
            fence = mark[1]
            lines.append(f"{fence * 2}```{mark[2]}")
        else:
            if _ITEM.match(line) and last and not last.startswith(" ") and not _ITEM.match(last):
                lines.append("")
            lines.append(_SECOND.sub(r"\1_\2)", _indented(line)))
        last = line
    return "\n".join(lines) + "\n"


def _indented(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" "))] + line
