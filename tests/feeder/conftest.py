"""Fixtures of the feeder's tests."""

from tests.store.embedded_fixture import shared_valkey

__all__ = ["shared_valkey"]
