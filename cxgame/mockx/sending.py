"""A request on its way, by the standard library: one connection, one answer.

Redirects and proxies are not followed: the key goes to the address that was given, or nowhere.
"""

import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import NamedTuple
from urllib.parse import urlsplit

from cxgame import __version__
from cxgame.config.mockx import MockxSettings
from cxgame.mockx.numerals import compact
from cxgame.mockx.requests import Request


class Answer(NamedTuple):
    """What came back."""

    status: int
    reason: str
    body: bytes


class Unreachable(Exception):
    """There was no answer; the text is one plain sentence, and holds no key."""


def send(request: Request, settings: MockxSettings, *, insecure: bool = False) -> Answer:
    """Send it and read the answer, whatever its status. Raises `Unreachable`."""
    url = settings.api_url
    connection = _connection(settings, insecure)
    try:
        connection.request(
            request.method,
            urlsplit(url).path + request.target,
            None if request.body is None else compact(request.body).encode(),
            _headers(settings.api_key, with_body=request.body is not None),
        )
        response = connection.getresponse()
        return Answer(response.status, response.reason, response.read())
    except TimeoutError:
        raise Unreachable(f"{url} did not answer within {settings.api_timeout:g} s") from None
    except ssl.SSLCertVerificationError as error:
        hint = f"{error.verify_message}; --insecure accepts it"
        raise Unreachable(f"the certificate of {url} does not hold: {hint}") from None
    except (OSError, UnicodeError) as error:  # the latter: no name of a host
        raise Unreachable(f"cannot reach {url}: {_words(error)}") from None
    except HTTPException as error:
        raise Unreachable(f"{url} gave no whole answer in HTTP: {_words(error)}") from None
    finally:
        connection.close()


def _connection(settings: MockxSettings, insecure: bool) -> HTTPConnection:
    parts = urlsplit(settings.api_url)
    host = parts.hostname or ""
    if parts.scheme == "http":
        return HTTPConnection(host, parts.port, timeout=settings.api_timeout)
    context = ssl.create_default_context()
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return HTTPSConnection(host, parts.port, timeout=settings.api_timeout, context=context)


def _headers(key: str, *, with_body: bool) -> dict[str, str]:
    headers = {
        "Accept": "application/json",
        "User-Agent": f"mockx/{__version__}",
        "x-api-key": key,
    }
    return headers | ({"Content-Type": "application/json"} if with_body else {})


def _words(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(text.split())
