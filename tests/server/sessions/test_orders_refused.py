"""Orders that are refused: code, sentence, and that nothing has changed."""

from typing import Any

import pytest

from tests.server.rig import Rig


@pytest.mark.parametrize(
    ("command", "params", "code", "message"),
    [
        (
            "buy",
            {"price": "1000.00", "size": "1"},
            "ORDER_NOT_MAKER",
            "Price must be < market price (1000.00).",
        ),
        (
            "sell",
            {"price": "999.99", "size": "1"},
            "ORDER_NOT_MAKER",
            "Price must be >= market price (1000.00).",
        ),
        ("buy", {"price": "999.99", "size": "11"}, "FUNDS_QUOTE", "Not enough USD."),
        ("sell", {"price": "1000", "size": "10.1"}, "FUNDS_BASE", "Size is > available."),
        (
            "buy",
            {"price": "0.09", "size": "1"},
            "FILTER_MIN_PRICE",
            "Price must be greater than or equal to 0.1",
        ),
        (
            "sell",
            {"price": "1000", "size": "0.000000009"},
            "FILTER_MIN_SIZE",
            "Size must be greater than or equal to 0.00000001",
        ),
        (
            "buy",
            {"price": "900.001", "size": "1"},
            "FILTER_TICK",
            "Price 900.001 is not a multiple of the tick 0.01.",
        ),
        (
            "buy",
            {"price": "900", "size": "1e-11"},
            "PARAM_NUMBER",
            'Invalid "size": not a decimal number of at most 40 characters.',
        ),
        (
            "buy",
            {"price": "900", "size": "0.00000000001"},
            "FILTER_LOT",
            "Size 0.00000000001 is not a multiple of the lot 0.0000000001.",
        ),
        (
            "buy",
            {"price": "900", "size": "1", "symbol": "ETH/USD"},
            "FILTER_SYMBOL",
            "Unknown symbol: ETH/USD.",
        ),
        (
            "buy_market",
            {"amount": "9.99"},
            "FILTER_MIN_AMOUNT",
            "Amount must be greater than or equal to 10.00",
        ),
        ("buy_market", {"amount": "10000.01"}, "FUNDS_QUOTE", "Not enough USD to buy."),
        (
            "buy_market",
            {"amount": "10"},
            "ORDER_NO_MATCH",
            "No available sell orders to match.",
        ),
        ("buy_market", {"amount": "10", "symbol": "x"}, "FILTER_SYMBOL", "Unknown symbol: x."),
        (
            "sell_market",
            {"amount": "0.000000009"},
            "FILTER_MIN_SIZE",
            "Amount must be greater than or equal to 0.00000001",
        ),
        (
            "sell_market",
            {"amount": "11"},
            "FUNDS_BASE",
            "Not enough crypto to sell. 11.0 > 10.0",
        ),
        (
            "sell_market",
            {"amount": "1"},
            "ORDER_NO_MATCH",
            "No available buy orders to match.",
        ),
        ("sell_market", {"amount": "1", "symbol": "x"}, "FILTER_SYMBOL", "Unknown symbol: x."),
        ("cancel_all", {"symbol": "x"}, "FILTER_SYMBOL", "Unknown symbol: x."),
        (
            "order",
            {"side": "buy", "type": "limit", "price": "1", "size": "1", "symbol": "x"},
            "FILTER_SYMBOL",
            "Unknown symbol: x.",
        ),
        (
            "order",
            {"side": "buy", "type": "limit", "price": "x", "size": "1"},
            "PARAM_NUMBER",
            'Invalid "price": not a decimal number of at most 40 characters.',
        ),
        (
            "order",
            {"side": "buy", "type": "limit", "price": "1", "size": True},
            "PARAM_TYPE",
            'Invalid "size": a number as text expected.',
        ),
        (
            "order",
            {"side": "buy", "type": "market", "amount": "1"},
            "FILTER_MIN_AMOUNT",
            "Amount must be greater than or equal to 10.00",
        ),
        (
            "order",
            {"side": "buy", "type": "limit", "size": "1"},
            "PARAM_MISSING",
            'Missing "price" in params.',
        ),
        (
            "order",
            {"side": "buy", "type": "limit", "price": None, "size": "1"},
            "PARAM_MISSING",
            'Missing "price" in params.',
        ),
        ("order", {"side": "buy", "type": "market"}, "PARAM_MISSING", 'Missing "size" in params.'),
        (
            "order",
            {"side": "buy", "type": "limit", "price": "1", "size": "1", "amount": "1"},
            "PARAM_UNKNOWN",
            'Unknown "amount" in params.',
        ),
        (
            "order",
            {"side": "sell", "type": "market", "size": "1", "amount": "10"},
            "PARAM_UNKNOWN",
            'Unknown "amount" in params.',
        ),
        (
            "order",
            {"side": "buy", "type": "market", "size": "1", "amount": "10"},
            "PARAM_UNKNOWN",
            'Unknown "size" in params.',
        ),
        (
            "order",
            {"side": "buy", "type": "market", "size": "1", "price": "1"},
            "PARAM_UNKNOWN",
            'Unknown "price" in params.',
        ),
        (
            "order",
            {"side": "buy", "type": "market", "size": "1", "post_only": True},
            "PARAM_UNKNOWN",
            'Unknown "post_only" in params.',
        ),
        (
            "order",
            {"side": "sell", "type": "market", "size": "1"},
            "ORDER_NO_MATCH",
            "No available orders to match.",
        ),
        ("cancel", {"order_id": "7"}, "ORDER_NOT_FOUND", "Order not found: 7"),
        ("cancel", {"order_id": 7}, "ORDER_NOT_FOUND", "Order not found: 7"),
        ("cancel", {"order_id": "x"}, "ORDER_NOT_FOUND", "Order not found: x"),
        ("cancel", {"order_id": ""}, "ORDER_NOT_FOUND", "Order not found: "),
        ("cancel", {"order_id": "\u0661"}, "ORDER_NOT_FOUND", "Order not found: \u0661"),
        ("cancel", {"order_id": "9" * 40}, "ORDER_NOT_FOUND", "Order not found: " + "9" * 40),
    ],
)
async def test_a_refused_order_has_its_code_and_sentence_and_changes_nothing(
    rig: Rig, command: str, params: dict[str, Any], code: str, message: str
) -> None:
    """The first thing that is wrong is named."""
    alice = await rig.player("alice")
    before = rig.game.engine.state_hash()
    reply = await alice(command, **params)
    assert (reply["code"], reply["message"]) == (code, message)
    assert rig.game.engine.state_hash() == before
