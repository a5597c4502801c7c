"""The book and the quotes as everybody sees them."""

from decimal import Decimal

from cxgame.exchange import Exchange, Level

D = Decimal


def test_a_book_shows_the_best_levels() -> None:
    """Best first, orders of a price together, no deeper than asked."""
    exchange = Exchange()
    ann = exchange.account("ann")
    for quantity, price in ((1, 990), (2, 990), (1, 995), (1, 980)):
        ann.buy(quantity, price)
    ann.sell("0.5", 1005)
    book = exchange.book(depth=2)
    assert book.symbol == "BTC/USD"
    assert book.bids == (Level(D(995), D(1), False), Level(D(990), D(3), False))
    assert book.asks == (Level(D(1005), D("0.5"), False),)
    assert exchange.book().bids[2] == Level(D(980), D(1), False)


def test_the_house_stands_after_the_players_of_its_price() -> None:
    """Marked, and without a quantity where it quotes without end."""
    exchange = Exchange(liquidity="house")
    ann = exchange.account("ann")
    exchange.tick(bid=990, ask=1010, bid_volume=5)
    ann.sell(1, 1010)
    ann.sell(1, 1005)
    ann.sell(1, 1015)
    book = exchange.book()
    assert book.bids == (Level(D(990), D(5), True),)
    assert [(level.price, level.house) for level in book.asks] == [
        (D(1005), False),
        (D(1010), False),
        (D(1010), True),
        (D(1015), False),
    ]
    assert book.asks[2].quantity is None
    assert len(exchange.book(depth=2).asks) == 2


def test_a_house_that_does_not_trade_is_not_in_the_book() -> None:
    """Without `liquidity="house"` a tick moves the mid alone; without volume there is no level."""
    silent, empty = Exchange(), Exchange(liquidity="house")
    silent.tick(990)
    empty.tick(990, bid_volume=0, ask_volume=0)
    for exchange in (silent, empty):
        assert exchange.book().bids == exchange.book().asks == ()
        assert exchange.price() == 990


def test_before_the_first_tick_there_is_no_quote() -> None:
    """The mid is the start price."""
    quote = Exchange(start_price="12.5").quote()
    assert (quote.bid, quote.ask, quote.mid) == (None, None, D("12.5"))
