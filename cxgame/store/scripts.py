"""The Valkey functions: Lua files of this package, under names that carry a hash of their source.

Two versions of cxgame can so share a Valkey, and what is already loaded is known to be the same.
"""

import hashlib
from functools import cache
from importlib import resources
from typing import NamedTuple


class Script(NamedTuple):
    """One Lua file as a Valkey function library."""

    suffix: str
    source: str

    def function(self, name: str) -> str:
        """The full name of a function that the file registers as `name`."""
        return f"{name}_{self.suffix}"


@cache
def script(stem: str) -> Script:
    """Read `<stem>.lua`."""
    body = resources.files(__package__).joinpath(f"{stem}.lua").read_text(encoding="utf-8")
    suffix = hashlib.blake2b(body.encode(), digest_size=6).hexdigest()
    header = f"#!lua name=cx_{stem}_{suffix}\nlocal SUFFIX = '{suffix}'\n"
    return Script(suffix, header + body)
