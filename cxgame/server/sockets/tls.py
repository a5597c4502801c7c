"""TLS: one file with private key and certificate serves the exchange, the feed and HTTP alike."""

import ssl
from pathlib import Path

from cxgame.server.errors import StartError


def server_context(pem_file: Path | None) -> ssl.SSLContext | None:
    """What to listen with; None, for plain text, without a file. Raises `StartError`."""
    if pem_file is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        with pem_file.open("rb"):  # the library's own error would not say which file
            pass
        # An empty password refuses an encrypted key at once instead of asking on the terminal.
        context.load_cert_chain(pem_file, password="")
    except ssl.SSLError:
        raise StartError(
            f"{pem_file} does not hold a private key without password and its certificate (PEM)"
        ) from None
    except OSError as error:
        raise StartError(f"cannot read the PEM file {pem_file}: {error.strerror}") from None
    return context
