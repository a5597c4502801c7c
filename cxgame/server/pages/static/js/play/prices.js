// Markets, what they trade at, and what something is worth there. Estimates, in numbers: what is
// owned stays the text that the exchange wrote.

export class Prices {
  constructor() {
    this.markets = new Map(); // symbol → {info, mid, last, bid, ask}
  }

  setMarkets(infos) {
    for (const info of infos) this.of(info.symbol).info = info;
  }

  // Everything is valued in what the first market is quoted in, as the standings do.
  get cash() {
    return this.markets.values().next().value?.info?.quote ?? "";
  }

  of(symbol) {
    let market = this.markets.get(symbol);
    if (market === undefined) {
      market = { symbol, info: null, mid: null, last: null, bid: null, ask: null };
      this.markets.set(symbol, market);
    }
    return market;
  }

  setMid(symbol, text) {
    this.of(symbol).mid = text;
  }

  setLast(symbol, text) {
    this.of(symbol).last = text;
  }

  takeTicker({ symbol, bid, ask, last }) {
    Object.assign(this.of(symbol), { bid, ask });
    if (last !== null) this.of(symbol).last = last;
  }

  // Of one whole of an asset; null where nothing says it.
  priceOf(asset) {
    if (asset === this.cash) return 1;
    const market = this.markets.get(`${asset}/${this.cash}`);
    const text = market?.mid ?? market?.last ?? null;
    return text === null ? null : Number(text);
  }

  valueOf(asset, amount) {
    const price = this.priceOf(asset);
    return price === null ? 0 : price * Number(amount);
  }

  worthOf(wallets) {
    let sum = 0;
    for (const [asset, { total }] of wallets) sum += this.valueOf(asset, total);
    return sum;
  }
}
