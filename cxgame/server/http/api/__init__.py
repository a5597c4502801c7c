"""The order server's commands by HTTP: one request, one reply, without a socket."""
