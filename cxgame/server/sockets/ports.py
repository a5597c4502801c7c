"""One port for all addresses that a face listens on, also where the system chooses it."""

import contextlib
import socket
from collections.abc import Sequence

_TRIES = 20  # ports that are free on one address and taken on another


def one_port(hosts: Sequence[str], port: int) -> int:
    """The port to listen on: this one, or for 0 one that is free on all of these addresses.

    Of a single address it stays 0: its port is chosen as it is taken. Raises OSError.
    """
    places = [] if port else [place for host in hosts for place in _places(host)]
    if len(places) < 2:
        return port
    for tries_left in reversed(range(_TRIES)):
        try:
            return _free_on_all(places)
        except OSError:
            if not tries_left:
                raise
    raise AssertionError("the last try returns or raises")


def _places(host: str) -> list[tuple[socket.AddressFamily, str]]:
    found = socket.getaddrinfo(host or None, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys((family, str(address[0])) for family, _, _, _, address in found))


def _free_on_all(places: Sequence[tuple[socket.AddressFamily, str]]) -> int:
    port = 0
    with contextlib.ExitStack() as taken:
        for family, address in places:
            one = taken.enter_context(socket.socket(family, socket.SOCK_STREAM))
            if family is socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.bind((address, port))
            port = int(one.getsockname()[1])
    return port
