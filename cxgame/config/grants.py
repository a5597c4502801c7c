"""Grants: what a new account is given of single assets, where it is not the same for all.

A text (`USD=100000,BTC=10`), or in TOML and Python a map. Amounts stay decimal text.
"""

from collections.abc import Iterator, Mapping

from cxgame.config import about as a
from cxgame.config.kinds import Kind, Refused, amount

_AMOUNT = amount()


def grants() -> Kind:
    """The kind of the setting `grants`."""
    return Kind("amounts of assets, such as USD=100000,BTC=10", "GRANTS", read_grants)


def read_grants(value: object) -> dict[str, str]:
    """Either form as a map of asset to amount; raises `Refused`."""
    found: dict[str, str] = {}
    for asset, given in _entries(value):
        if asset in found:
            raise Refused(f"names {asset} twice")
        found[asset] = _AMOUNT.read(given)
    return found


def _entries(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        for asset, given in value.items():
            yield a.ASSET.read(asset), given
    elif isinstance(value, str):
        for entry in filter(None, (part.strip() for part in value.split(","))):
            asset, equals, given = entry.partition("=")
            if not equals:
                raise Refused
            yield a.ASSET.read(asset.strip()), given.strip()
    else:
        raise Refused
