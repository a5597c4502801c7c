"""Sessions: what a connection may ask, and what it is answered. Sans-I/O."""
