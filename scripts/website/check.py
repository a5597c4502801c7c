"""Looks at a built site: every link leads somewhere, and nothing comes from elsewhere."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Where a browser fetches by itself; a link to follow (`a`) may lead to other sites.
FETCHED = {
    ("script", "src"),
    ("img", "src"),
    ("link", "href"),
    ("iframe", "src"),
    ("source", "src"),
    ("video", "src"),
}


@dataclass
class _Html(HTMLParser):
    """The links of a page, what it fetches, and the anchors in it."""

    links: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by the parser for each element."""
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.anchors.add(value)
            elif tag == "a" and name == "href" and value:
                self.links.append(value)
            elif (tag, name) in FETCHED and value:
                self.fetched.append(value)


def faults(site: Path) -> list[str]:
    """What is wrong with the site in a folder, a line each."""
    pages = {path: _parse(path) for path in sorted(site.rglob("*.html"))}
    if not pages:
        return [f"{site}: no pages"]
    found = []
    for path, page in pages.items():
        where = path.relative_to(site)
        # A site's own page for what is missing has addresses from its root on.
        base = site if path.name == "404.html" else path.parent
        found += [f"{where}: fetches {each}" for each in page.fetched if _is_elsewhere(each)]
        own = [each for each in (*page.links, *page.fetched) if not _is_elsewhere(each)]
        found += [
            f"{where}: {each} leads nowhere" for each in own if _dead(each, path, base, pages)
        ]
    return found


def _parse(path: Path) -> _Html:
    page = _Html()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def _is_elsewhere(link: str) -> bool:
    parts = urlsplit(link)
    return bool(parts.scheme and parts.scheme != "file") or bool(parts.netloc)


def _dead(link: str, path: Path, base: Path, pages: dict[Path, _Html]) -> bool:
    parts = urlsplit(link)
    target = path if not parts.path else (base / unquote(parts.path).lstrip("/")).resolve()
    if target.is_dir():
        target /= "index.html"
    if not target.is_file():
        return True
    anchor = unquote(parts.fragment)
    return bool(anchor) and target in pages and anchor not in pages[target].anchors
