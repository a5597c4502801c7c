"""The address of a Valkey, whose password may be said beside it."""

from urllib.parse import quote, urlsplit, urlunsplit


def with_password(url: str, password: str | None) -> str:
    """The URL with the password that is set beside it, unless it has one itself."""
    try:
        parts = urlsplit(url)
        if password is None or parts.password is not None or "password=" in parts.query:
            return url
    except ValueError:  # whoever opens the URL says what is wrong with it
        return url
    user, _, host = parts.netloc.rpartition("@")
    place = f"{user}:{quote(password, safe='')}@{host}"
    return urlunsplit((parts.scheme, place, parts.path, parts.query, ""))
