"""REST: orders, balances, tickers, overview and admin over HTTP. Start at `routing`."""
