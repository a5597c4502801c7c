"""Time and tickers of an oracle's tests."""

import pytest

from tests.oracle.by_hand import ManualTime, Shelf


@pytest.fixture
def manual() -> ManualTime:
    """Time at zero."""
    return ManualTime()


@pytest.fixture
def shelf() -> Shelf:
    """No tickers."""
    return Shelf()
