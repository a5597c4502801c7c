"""The keeper: a process beside the server that turns a growing journal into files.

It follows the journal of one game, checks every batch, archives it, folds it into the history,
writes a snapshot now and then, and lets Valkey forget what lies before it. The game never waits
for it, and needs it for nothing but quick starts and a small Valkey.
"""
