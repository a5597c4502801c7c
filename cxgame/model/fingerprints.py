"""The fingerprint of an order: what tells two bodies under one `cid` apart."""

from hashlib import blake2b

import msgspec

from cxgame.model.commands import PlaceOrder, PlacePending, PlaceTrigger

_FIRST_FIELDS = 13  # of `PlaceOrder`, up to its fingerprint
_encoder = msgspec.msgpack.Encoder()


def fingerprint(order: PlaceOrder | PlacePending | PlaceTrigger) -> int:
    """A 63-bit digest of an order's body, to tell a repeat from another order."""
    if type(order) is PlaceTrigger:
        order = msgspec.structs.replace(
            order, order=msgspec.structs.replace(order.order, fingerprint=0)
        )
        return _digest(_encoder.encode(order))
    assert not isinstance(order, PlaceTrigger)
    fields = msgspec.structs.astuple(msgspec.structs.replace(order, fingerprint=0))
    # Fields that came later count only where they are used: a repeat may come after an upgrade.
    if type(order) is PlaceOrder and not any(fields[_FIRST_FIELDS:]):
        fields = fields[:_FIRST_FIELDS]
    return _digest(_encoder.encode((order.__struct_config__.tag, *fields)))


def _digest(body: bytes) -> int:
    return int.from_bytes(blake2b(body, digest_size=8).digest(), "big") >> 1
