"""The pages that people watch in a browser. Start at `routes`; what is shown is in `static`."""

from cxgame.server.pages.routes import Pages, mount_pages

__all__ = ["Pages", "mount_pages"]
