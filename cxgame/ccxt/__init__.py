"""cxgame for ccxt: `import cxgame.ccxt`, and `ccxt.cxgame()` is an exchange like any other.

The class stands in `ccxt`, `ccxt.async_support` and `ccxt.pro`, and in their lists `exchanges`.
"""

import ccxt
import ccxt.async_support
import ccxt.pro

from cxgame.ccxt import blocking, streaming, waiting

ID = "cxgame"


def register() -> None:
    """Make the exchange known to ccxt; once more does no harm."""
    classes = (
        (ccxt, blocking.cxgame),
        (ccxt.async_support, waiting.cxgame),
        (ccxt.pro, streaming.cxgame),
    )
    for module, class_ in classes:
        setattr(module, ID, class_)
        if ID not in module.exchanges:
            module.exchanges.append(ID)


register()
