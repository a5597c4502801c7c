"""A game in play: its store, rules, prices and results, brought up and taken down together."""
