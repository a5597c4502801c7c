"""The broadcast: public events to frames, spectators, and where the events come from."""
