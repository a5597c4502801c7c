"""The simulator's dialect on a WebSocket: who comes in, what is asked, what is told unasked."""
