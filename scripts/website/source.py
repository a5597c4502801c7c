"""What the site is made of: the pages of the repository, in their places, and two kinds more.

Pages keep the folders that they have here, so that each link between them holds as it stands.
Added are a page per public package, whose text is the docstrings, and one of pictures if there are
any. All that is written goes into the folder that the caller names.
"""

import ast
import re
import shutil
import tomllib
from pathlib import Path

from scripts.website.markdown import adapted

ROOT = Path(__file__).parent.parent.parent
INDEX = ROOT / "docs" / "index.md"
LOOKS, STYLE = Path(__file__).parent / "looks.toml", Path(__file__).parent / "looks.css"
PICTURES = ROOT / "build" / "screenshots"
FIRST = "../README.md"
PACKAGES = ("client", "server", "exchange", "oracle", "bots")
OTHERS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE")  # beside docs and examples

Entry = dict[str, "str | list[Entry]"]

_GROUP = re.compile(r"^\*\*(.+?)\.?\*\*")
_LINK = re.compile(r"\[([^]]+)\]\(([^)#\s]+\.md)\)")
_NOT_SHOWN = shutil.ignore_patterns("__pycache__", "*.log", "*.pid", "node_modules")


def navigation(index: str) -> list[Entry]:
    """The groups of the index and the pages that each links, in its order."""
    groups: list[Entry] = []
    pages: list[Entry] = []
    for line in index.splitlines():
        if group := _GROUP.match(line):
            pages = []
            groups.append({group[1]: pages})
        for title, target in _LINK.findall(line):
            if target == FIRST:
                continue  # it comes before all groups
            pages.append({title.replace("`", ""): _from_root(target)})
    return [group for group in groups if any(group.values())]


def lay_out(folder: Path) -> list[Entry]:
    """Put everything there; returns the navigation of all of it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("docs", "examples"):
        shutil.copytree(ROOT / name, folder / name, ignore=_NOT_SHOWN)
    for name in OTHERS:
        shutil.copy(ROOT / name, folder / name)
    shutil.copy(STYLE, folder)
    for page in folder.rglob("*.md"):
        page.write_text(adapted(page.read_text()))
    entries: list[Entry] = [{"cxgame": "README.md"}]
    if found := sorted(PICTURES.glob("*.*"), key=lambda each: each.stem):
        shutil.copytree(PICTURES, folder / "pictures")
        (folder / "pictures.md").write_text(gallery([each.name for each in found]))
        entries.append({"What it looks like": "pictures.md"})
    entries.append({"All pages": "docs/index.md"})
    entries += navigation(INDEX.read_text())
    return [*entries, {"From the docstrings": _describe(folder / "api")}]


def configuration(folder: Path, site: Path, entries: list[Entry]) -> str:
    """The looks with navigation and folders, for a file beside them."""
    looks = LOOKS.read_text()
    tomllib.loads(looks)  # a mistake there is told as one there
    places = f'docs_dir = "{folder.name}"\nsite_dir = "{site.name}"\nnav = {_toml(entries)}\n'
    return looks.replace("[project]\n", f"[project]\n{places}", 1)


def public_names(package: str) -> list[str]:
    """What a package exports, read without importing it."""
    source = (ROOT / "cxgame" / package / "__init__.py").read_text()
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__all__":
            return [str(name) for name in ast.literal_eval(statement.value)]
    raise LookupError(f"cxgame.{package} does not say what it exports")


def gallery(names: list[str]) -> str:
    """The page of pictures; `page-wide.png` is titled Page wide."""
    parts = [
        "# What it looks like\n\nTaken of a seeded game of house bots by `make screenshots`.\n"
    ]
    for name in names:
        title = Path(name).stem.replace("-", " ").capitalize()
        parts.append(f"## {title}\n\n![{title}](pictures/{name})\n")
    return "\n".join(parts)


def _describe(folder: Path) -> list[Entry]:
    folder.mkdir()
    for package in PACKAGES:
        names = [f"::: cxgame.{package}.{name}\n" for name in public_names(package)]
        text = "\n".join([f"# cxgame.{package}\n", *names])
        (folder / f"{package}.md").write_text(text)
    return [{f"cxgame.{package}": f"api/{package}.md"} for package in PACKAGES]


def _from_root(target: str) -> str:
    return str((INDEX.parent / target).resolve().relative_to(ROOT))


def _toml(value: "str | list[Entry]") -> str:
    """Lists of tables with one key each, in a line."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    rows = (f"{{ {_toml(key)} = {_toml(one)} }}" for each in value for key, one in each.items())
    return f"[{', '.join(rows)}]"
