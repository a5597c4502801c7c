"""The settings of what spectators see: the public feed and the pages."""

from dataclasses import dataclass

from cxgame.config.about import WATCHING, setting
from cxgame.config.kinds import boolean, seconds, several, text

TITLE = text("a title of 1 to 80 printable characters", "TITLE", r"[^\x00-\x1f\x7f]{1,80}")
FRAMER = text(
    "self, or an origin such as https://school.example", "ORIGIN", r"self|https?://[A-Za-z0-9.*:-]+"
)


@dataclass(frozen=True, kw_only=True)
class Watching:
    """How a game is shown to those who do not play."""

    title: str = setting("cxgame", WATCHING, TITLE, "Title of the pages.", variables=("APP_TITLE",))
    mask_names: bool = setting(
        False,
        WATCHING,
        boolean(),
        "Call everybody Player 7 or Bot 2 on the feed and so on the page of spectators.",
    )
    feed_delay: float = setting(
        0.0,
        WATCHING,
        seconds("0", "3600"),
        "Tell everything on the feed so many seconds later than it happens.",
    )
    frame_ancestors: tuple[str, ...] = setting(
        (),
        WATCHING,
        several(FRAMER, ","),
        "Sites that may show the pages in a frame; none without it.",
        variables=("PAGE_FRAME_ANCESTORS",),
    )
