"""Where a game is kept: Valkey (our own child or one by URL) or memory. Start at `opening`."""
