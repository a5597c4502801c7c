"""What ccxt is told of this exchange: what it has, where it is, how fast it may be asked."""

from typing import Any

TIMEFRAMES = {
    name: name for name in ("1s", "5s", "15s", "30s", "1m", "5m", "15m", "30m", "1h", "4h", "1d")
}
MAX_ROWS = 1_000  # of one answer

_CAN = (
    "cancelAllOrders",
    "cancelAllOrdersAfter",
    "cancelOrder",
    "cancelOrderWithClientOrderId",
    "createLimitOrder",
    "createMarketBuyOrderWithCost",
    "createMarketOrder",
    "createOrder",
    "createPostOnlyOrder",
    "createStopLimitOrder",
    "createStopLossOrder",
    "createStopMarketOrder",
    "createStopOrder",
    "createTakeProfitOrder",
    "createTrailingAmountOrder",
    "createTrailingPercentOrder",
    "createTriggerOrder",
    "editOrder",
    "editOrderWithClientOrderId",
    "fetchBalance",
    "fetchClosedOrders",
    "fetchCurrencies",
    "fetchMarkets",
    "fetchMyTrades",
    "fetchOHLCV",
    "fetchOpenOrders",
    "fetchOrder",
    "fetchOrderWithClientOrderId",
    "fetchOrderBook",
    "fetchOrders",
    "fetchStatus",
    "fetchTicker",
    "fetchTickers",
    "fetchTime",
    "fetchTrades",
    "fetchTradingFee",
    "fetchTradingFees",
    "spot",
)
_CANNOT = (
    "createOrderWithTakeProfitAndStopLoss",
    "future",
    "margin",
    "option",
    "swap",
)
WATCHES = (
    "watchBalance",
    "watchBidsAsks",
    "watchMyTrades",
    "watchOHLCV",
    "watchOHLCVForSymbols",
    "watchOrderBook",
    "watchOrderBookForSymbols",
    "watchOrders",
    "watchTicker",
    "watchTickers",
    "watchTrades",
    "watchTradesForSymbols",
)

_ALL_TIME = {"marginMode": False, "daysBack": None, "untilDays": None, "symbolRequired": False}
_BY_KIND = {"trigger": True, "trailing": True}

_FEATURES = {
    "spot": {
        "sandbox": False,
        "createOrder": {
            "marginMode": False,
            "triggerPrice": True,
            "triggerPriceType": {"last": True, "mark": False, "index": False},  # and "mid"
            "triggerDirection": True,
            "stopLossPrice": True,
            "takeProfitPrice": True,
            "attachedStopLossTakeProfit": None,
            "timeInForce": {"GTC": True, "IOC": True, "FOK": True, "PO": True, "GTD": True},
            "hedged": False,
            "trailing": True,
            "leverage": False,
            "marketBuyByCost": True,
            "marketBuyRequiresPrice": False,
            "selfTradePrevention": True,
            "iceberg": False,
        },
        "createOrders": None,
        "fetchMyTrades": {**_ALL_TIME, "limit": MAX_ROWS},
        "fetchOrder": {"marginMode": False, "symbolRequired": False, **_BY_KIND},
        "fetchOpenOrders": {
            "marginMode": False,
            "limit": MAX_ROWS,
            "symbolRequired": False,
            **_BY_KIND,
        },
        "fetchOrders": {**_ALL_TIME, "limit": MAX_ROWS, **_BY_KIND},
        "fetchClosedOrders": {
            **_ALL_TIME,
            "limit": MAX_ROWS,
            "daysBackCanceled": None,
            **_BY_KIND,
        },
        "fetchOHLCV": {"limit": MAX_ROWS},
    },
    "swap": {"linear": None, "inverse": None},
    "future": {"linear": None, "inverse": None},
}

ABOUT: dict[str, Any] = {
    "id": "cxgame",
    "name": "cxgame",
    "countries": [],
    "version": "1",
    "rateLimit": 10,  # ms between requests: the server takes 100 a second
    "certified": False,
    "pro": False,
    "hostname": "127.0.0.1",
    "has": {
        "CORS": False,
        **dict.fromkeys(_CAN, True),
        **dict.fromkeys(_CANNOT, False),
        **dict.fromkeys(WATCHES, False),
    },
    "timeframes": TIMEFRAMES,
    "urls": {
        "logo": None,
        "api": {
            "rest": "http://{hostname}:8000",
            "feed": "ws://{hostname}:9876",
            "exchange": "ws://{hostname}:9877",
        },
        "www": "http://127.0.0.1:8000",
        "doc": ["http://127.0.0.1:8000/docs"],
    },
    "requiredCredentials": {"apiKey": True, "secret": False},
    "features": _FEATURES,
    "options": {
        "createMarketBuyOrderRequiresPrice": False,
        # What is shown as the amount of a level where the house buys or sells without end.
        "endlessAmount": 1_000_000,
        # How often a request that came too fast waits as long as the exchange says; 0: never.
        "rateLimitWaits": 3,
    },
}
