"""The files that the pages are made of, read once and kept ready to be sent.

They are few and small, so they live in memory; a path is looked up in a table and never opened,
which leaves nothing to climb out of. The chart library is another project's: it is taken from the
package `lwcharts` where that is installed and its file is the one we know, else the page draws its
own chart.
"""

import gzip
import hashlib
import importlib.util
import logging
from dataclasses import dataclass
from pathlib import Path

STATIC = Path(__file__).parent / "static"
PAGE = "index.html"
PLAY = "play.html"
ADMIN = "admin.html"
MONITOR = "monitor.html"
CHARTS = "vendor/lightweight-charts.js"

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_CHARTS_PACKAGE = "lwcharts"
_CHARTS_PLACE = Path("vendor", "lightweight-charts.standalone.production.js")
# What is run in every spectator's browser is what was tried: lightweight-charts 5.2.0.
_CHARTS_SHA256 = frozenset({"c0992580867c4912cc9385b3c2728315bcc1a76c7f1087dca908430fccdf31d7"})

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file, plain and compressed."""

    content: bytes
    compressed: bytes
    media_type: str
    etag: str


def load_files() -> dict[str, StaticFile]:
    """All files by their path under /static, the page itself and the chart library included."""
    files = {
        path.relative_to(STATIC).as_posix(): _static_file(path.read_bytes(), path.suffix)
        for path in sorted(STATIC.rglob("*"))
        if path.suffix in _TYPES
    }
    charts = _charts()
    if charts is not None:
        files[CHARTS] = _static_file(charts, ".js")
    return files


def _static_file(content: bytes, suffix: str) -> StaticFile:
    digest = hashlib.sha256(content).hexdigest()
    return StaticFile(content, gzip.compress(content, mtime=0), _TYPES[suffix], f'"{digest[:20]}"')


def _charts() -> bytes | None:
    """The chart library, or None. The package is found but not imported: it wants pandas."""
    spec = importlib.util.find_spec(_CHARTS_PACKAGE)
    if spec is None or spec.origin is None:
        return None
    try:
        content = (Path(spec.origin).parent / _CHARTS_PLACE).read_bytes()
    except OSError:
        return None
    if hashlib.sha256(content).hexdigest() not in _CHARTS_SHA256:
        log.info("The chart library in %s is not one we know: left out", _CHARTS_PACKAGE)
        return None
    return content
