"""Pages of the documentation, as their readers use them: blocks to run, links to follow."""

import re
import sys
from collections import Counter
from pathlib import Path

from tests.support.programs import ROOT, environment


class Page:
    """A page in Markdown."""

    def __init__(self, name: str) -> None:
        self.path = ROOT / name
        self.text = self.path.read_text(encoding="utf-8")

    def blocks(self, language: str) -> list[str]:
        """The blocks of a language, in order."""
        return re.findall(rf"^```{language}\n(.+?)^```$", self.text, re.MULTILINE | re.DOTALL)

    def block(self, language: str, word: str) -> str:
        """The one block in which a word stands."""
        (found,) = [text for text in self.blocks(language) if word in text]
        return found

    def dead_links(self) -> list[str]:
        """Links within the project to what is not there, be it a file or a heading."""
        targets = re.findall(r"\]\(([^)\s]+)\)", self.text)
        return [target for target in targets if "://" not in target and not self._leads(target)]

    def _leads(self, target: str) -> bool:
        name, _, anchor = target.partition("#")
        path = (self.path.parent / name) if name else self.path
        if not path.exists():
            return False
        return not anchor or anchor in anchors(path.read_text(encoding="utf-8"))


def anchors(text: str) -> set[str]:
    """Headings as links name them, of two alike the second with -1; and what is marked so."""
    outside = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)
    found: Counter[str] = Counter()
    names = set(re.findall(r'<a id="([^"]+)">', outside))
    for heading in re.findall(r"^#+ +(.+)$", outside, re.MULTILINE):
        name = re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-")
        names.add(f"{name}-{found[name]}" if found[name] else name)
        found[name] += 1
    return names


def installed(folder: Path) -> dict[str, str]:
    """What the reader has: an environment made by `make`, with the command `cxgame` in it.

    Returns the variables that make shell and `make` use it.
    """
    programs = folder / "made" / "bin"
    programs.mkdir(parents=True)
    for name, words in (("python", ""), ("python3", ""), ("cxgame", " -m cxgame")):
        script = programs / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}"{words} "$@"\n')
        script.chmod(0o755)
    for stamp in (".ready-to-play", ".ready-to-develop"):
        (programs.parent / stamp).touch()
    path = f"{programs}:{environment()['PATH']}"
    return {"VENV": str(programs.parent), "PATH": path, "CXGAME_DATA_DIR": str(folder / "data")}
