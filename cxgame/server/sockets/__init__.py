"""Sockets: bytes to messages and back, listening, TLS."""
