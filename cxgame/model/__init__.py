"""Layer 0: the words of the game. Numbers, commands, events, rules, codes."""
