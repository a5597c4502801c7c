"""Which addresses only this computer reaches."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether a socket that listens there is reached from this computer alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # another name: whatever it stands for
        return False
