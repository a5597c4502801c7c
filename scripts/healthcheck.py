"""Ends with status 0 if the server in this container takes orders; for HEALTHCHECK.

It asks `/readyz`. What the container says of its port and certificate is in the environment; the
certificate is not verified, because it is made out for the name that players use.
"""

import os
import ssl
import sys
import urllib.error
import urllib.request

TIMEOUT_S = 2.0


def url() -> str:
    """Where the health checks are, under the same variables that the server reads."""
    scheme = "https" if os.environ.get("CXGAME_PEM_FILE") else "http"
    port = os.environ.get("CXGAME_HTTP_PORT") or os.environ.get("ENGINE_PORT") or "8000"
    return f"{scheme}://127.0.0.1:{port}/readyz"


def main() -> int:
    """Ask once; what is wrong goes to the output, which Docker keeps."""
    unverified = ssl.create_default_context()
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    try:
        with urllib.request.urlopen(url(), timeout=TIMEOUT_S, context=unverified) as answer:
            sys.stdout.write(answer.read().decode())
    except urllib.error.HTTPError as error:
        sys.stdout.write(error.read().decode())
        return 1
    except OSError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
