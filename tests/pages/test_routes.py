"""What the pages answer: the page to browsers, its files, and what it must know to begin."""

import posixpath
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from cxgame.server.pages import Pages, mount_pages
from cxgame.server.pages import files as files_module
from cxgame.server.pages.files import ADMIN, CHARTS, MONITOR, PAGE, PLAY, STATIC, load_files
from cxgame.server.pages.routes import NoPrices, asks_for_html

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
LARGEST_PAGE = 400_000
PAGES = (PAGE, PLAY, ADMIN, MONITOR)


def browsing(**given: Any) -> httpx.AsyncClient:
    """A browser at an application that has a root of its own."""
    app = FastAPI()

    @app.get("/")
    async def service() -> dict[str, str]:
        return {"service": "cxgame"}

    mount_pages(app, Pages(**{"feed_port": lambda: 9876, "exchange_port": lambda: 9877, **given}))
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(
        transport=transport, base_url="http://server", headers={"Accept": BROWSER}
    )


async def test_a_browser_gets_the_page_and_a_program_what_was_there_before() -> None:
    """The root is told apart by the header Accept, and says so to caches."""
    async with browsing() as client:
        page = await client.get("/")
        assert page.status_code == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "Accept" in page.headers["vary"]
        assert page.text.startswith("<!doctype html>")
        for accept in ("*/*", "application/json"):
            assert (await client.get("/", headers={"Accept": accept})).json() == {
                "service": "cxgame"
            }


async def test_the_players_page_is_the_same_for_all() -> None:
    """It is at /play, and nothing of it under /static."""
    async with browsing() as client:
        page = await client.get("/play", headers={"Accept": "*/*"})
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.content == (STATIC / PLAY).read_bytes()
        assert (await client.get(f"/static/{PLAY}")).status_code == 404


async def test_the_organiser_has_a_page_that_nobody_frames() -> None:
    """Whoever may show the others; and only where the server takes his commands."""
    async with browsing(admin=True, frame_ancestors=("self", "https://school.example")) as client:
        page = await client.get("/admin")
        assert page.content == (STATIC / ADMIN).read_bytes()
        policy = page.headers["content-security-policy"].split("; ")
        assert "frame-ancestors 'none'" in policy
        assert "default-src 'self'" in policy
        assert page.headers["x-frame-options"] == "DENY"
        assert (await client.get(f"/static/{ADMIN}")).status_code == 404
    async with browsing() as client:
        assert (await client.get("/admin")).status_code == 404


@pytest.mark.parametrize(
    ("accept", "html"),
    [
        (BROWSER, True),
        ("text/html", True),
        ("TEXT/HTML;q=0.1", True),
        ("application/json, text/html;q=0", False),
        ("text/html;q=0.000", False),
        ("*/*", False),
        ("", False),
        ("text/html-like", False),
    ],
)
def test_who_asks_for_html(accept: str, html: bool) -> None:
    """HTML must be named, and wanted."""
    assert asks_for_html(accept) is html


@pytest.mark.parametrize(
    "path", ["/", "/play", "/static/js/main.js", "/static/none.js", "/static/config.json"]
)
async def test_every_answer_forbids_what_the_page_does_not_need(path: str) -> None:
    """Nothing of elsewhere, nothing inline, no frame, no guessing of types; not on a 404 either."""
    async with browsing() as client:
        headers = (await client.get(path)).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["connect-src"] == "'self' ws: wss:"
    assert policy["frame-ancestors"] == "'none'"
    assert "script-src" not in policy
    assert "style-src" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


async def test_frames_are_allowed_by_setting() -> None:
    """The sites that are named, and no other."""
    async with browsing(frame_ancestors=("self", "https://school.example")) as client:
        policy = (await client.get("/")).headers["content-security-policy"]
    assert policy.endswith("frame-ancestors 'self' https://school.example")
    async with browsing(frame_ancestors=("self",)) as client:
        play = (await client.get("/play")).headers["content-security-policy"]
    assert play.endswith("frame-ancestors 'none'"), "where orders are placed"


async def test_a_file_is_sent_once() -> None:
    """Its tag is asked for each time, and while it holds nothing is sent again."""
    async with browsing() as client:
        first = await client.get("/static/js/main.js")
        assert first.headers["content-type"] == "text/javascript; charset=utf-8"
        assert first.headers["cache-control"] == "no-cache"
        assert first.headers["content-encoding"] == "gzip"
        assert first.content == (STATIC / "js" / "main.js").read_bytes()
        again = await client.get(
            "/static/js/main.js", headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'}
        )
        assert (again.status_code, again.content) == (304, b"")
        plain = await client.get("/static/js/main.js", headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert plain.content == first.content


@pytest.mark.parametrize(
    "path", ["../routes.py", "..%2froutes.py", "%2e%2e/files.py", "js", "js/", "/etc/passwd", ""]
)
async def test_nothing_else_can_be_had(path: str) -> None:
    """What is not in the table is not there."""
    async with browsing() as client:
        assert (await client.get(f"/static/{path}")).status_code == 404


async def test_what_the_page_is_told() -> None:
    """The feed by its port, or by its address; the title; the markets; never from a cache."""
    async with browsing(symbols=lambda: ("BTC/USD",)) as client:
        answer = await client.get("/static/config.json")
        assert answer.headers["cache-control"] == "no-store"
        told = answer.json()
        assert told.pop("charts") in (None, f"/static/{CHARTS}")
        assert told == {
            "title": "cxgame",
            "feed": {"uri": None, "port": 9876},
            "exchange": {"uri": None, "port": 9877},
            "rest": False,
            "symbols": ["BTC/USD"],
            "replay": None,
            "refresh_s": 5.0,
            "prices": None,
        }
    async with browsing(feed_uri="wss://play.example/feed", title="Cup <1>") as client:
        told = (await client.get("/static/config.json")).json()
        assert (told["feed"]["uri"], told["title"]) == ("wss://play.example/feed", "Cup <1>")


async def test_prices_for_who_has_no_feed() -> None:
    """Rows, or the sentence that says why there are none."""

    async def rows() -> list[dict[str, float | str]]:
        return [{"symbol": "BTC/USD", "price": 1000.5}]

    async def none() -> list[dict[str, float | str]]:
        raise NoPrices("The exchange does not answer.")

    async with browsing(prices=rows) as client:
        assert (await client.get("/static/config.json")).json()["prices"] == "/static/prices.json"
        answer = await client.get("/static/prices.json")
        assert answer.json() == {"prices": [{"symbol": "BTC/USD", "price": 1000.5}]}
    async with browsing(prices=none) as client:
        answer = await client.get("/static/prices.json")
        assert answer.status_code == 502
        assert answer.json() == {"error": "The exchange does not answer."}


def named(page: str) -> list[str]:
    """The addresses that a page names, those under /static without that."""
    found = re.findall(r'(?:src|href)="([^"#]+)"', (STATIC / page).read_text())
    return [address.removeprefix("/static/") for address in found]


def modules_of(page: str) -> set[str]:
    """The scripts of a page: those that it names, and what these import."""
    due = [address for address in named(page) if address.endswith(".js")]
    found: set[str] = set()
    while due:
        path = due.pop()
        if path not in found:
            found.add(path)
            folder = posixpath.dirname(path)
            imported = re.findall(r'^import .*?"(\.[^"]+)";', (STATIC / path).read_text(), re.M)
            due += [posixpath.normpath(posixpath.join(folder, each)) for each in imported]
    return found


@pytest.mark.parametrize("page", PAGES)
def test_a_page_loads_our_own_files_and_nothing_else(page: str) -> None:
    """Every address in it is one of ours and exists; nothing is written inline."""
    text = (STATIC / page).read_text()
    charts = "https://www.tradingview.com/"  # who made them
    known = {*load_files(), "/", "/play", "/monitor", charts}
    assert set(named(page)) <= known
    assert re.findall(r"<script(?![^>]*\ssrc=)", text) == []
    assert "<style" not in text
    assert re.findall(r"\s(?:style|on[a-z]+)=", text) == []


@pytest.mark.parametrize("page", PAGES)
def test_every_module_is_fetched_at_once(page: str) -> None:
    """A page names them all, so that the browser need not find them one after the other."""
    assert sorted(modules_of(page) - set(named(page))) == []


def test_every_module_is_some_pages() -> None:
    """None is left over."""
    files = {path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*.js")}
    assert files == set().union(*map(modules_of, (path.name for path in STATIC.glob("*.html"))))


@pytest.mark.parametrize("path", sorted(STATIC.rglob("*.js")), ids=lambda path: path.stem)
def test_no_way_by_which_text_becomes_markup(path: Path) -> None:
    """A player's text cannot reach the page but as text."""
    ways = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|eval\(|Function\("
    assert re.findall(ways + r"|setAttribute\(\"style|srcdoc", path.read_text()) == []


@pytest.mark.parametrize(
    "path", sorted((*STATIC.rglob("*.js"), *STATIC.rglob("*.css"))), ids=lambda path: path.stem
)
def test_the_files_stay_small(path: Path) -> None:
    """None is too long to be read in one go."""
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_light(page: str) -> None:
    """All of it, the chart library too, and before it is compressed."""
    files = load_files()
    parts = {page, *named(page), *modules_of(page)} | ({CHARTS} if page == PAGE else set())
    assert sum(len(files[part].content) for part in parts if part in files) <= LARGEST_PAGE


@pytest.mark.parametrize("content", [None, b"alert(1)"])
def test_without_the_chart_library_as_we_know_it_there_is_none(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is missing, or another; then the page draws its chart itself."""
    package = tmp_path / "charts_of_a_test"
    (package / "vendor").mkdir(parents=True)
    (package / "__init__.py").write_text("raise AssertionError('imported')\n")
    if content is not None:
        (package / files_module._CHARTS_PLACE).write_bytes(content)
    monkeypatch.syspath_prepend(tmp_path)
    for name in (package.name, "no_such_package_of_a_test"):
        monkeypatch.setattr(files_module, "_CHARTS_PACKAGE", name)
        assert CHARTS not in load_files()
