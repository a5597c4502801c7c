"""What a game has left behind: its journal in whatever place, read, verified, exported, kept."""
