// Trades become candles; the oracle's mids become a line. Times are in seconds since 1970. Pure.

export const SECONDS = { "1s": 1, "5s": 5, "15s": 15, "1m": 60, "5m": 300 }; // as the feed says it
export const INTERVALS_S = Object.values(SECONDS);
const MOST_BARS = 600;

export function timeframeOf(seconds) {
  return Object.keys(SECONDS).find((timeframe) => SECONDS[timeframe] === seconds);
}

export class Candles {
  // `past`: bars of earlier trades, and the last of these
  constructor(intervalS, past = null) {
    this.intervalS = intervalS;
    this._lastTrade = past?.lastTrade ?? 0;
    this.bars = (past?.bars ?? []).map((bar) => ({ ...bar })); // {time, open, high, low, close, volume, bought}
    this.mids = []; // {time, value}
    this.changedFrom = 0; // index of the first bar that was not drawn yet
    this.midsFrom = 0;
    this.cut = true; // the beginning changed: everything must be drawn anew
  }

  addTrade(trade) {
    const { price, size } = trade;
    if (Number(trade.id) <= this._lastTrade) return; // is in a bar
    const bars = this.bars;
    const time = this._bucket(trade.ts);
    const last = bars[bars.length - 1];
    const bought = trade.side === "buy" ? size : 0;
    if (last !== undefined && time <= last.time) {
      last.high = Math.max(last.high, price);
      last.low = Math.min(last.low, price);
      last.close = price;
      last.volume += size;
      last.bought += bought;
    } else {
      bars.push({ time, open: price, high: price, low: price, close: price, volume: size, bought });
      this._trim(bars);
    }
    this.changedFrom = Math.min(this.changedFrom, bars.length - 1);
  }

  addMid(ts, value) {
    const mids = this.mids;
    const time = this._bucket(ts);
    const last = mids[mids.length - 1];
    if (last !== undefined && time <= last.time) {
      if (time < last.time) return;
      last.value = value;
    } else {
      mids.push({ time, value });
      this._trim(mids);
    }
    this.midsFrom = Math.min(this.midsFrom, mids.length - 1);
  }

  // Everything up to here is on the screen.
  drawn() {
    this.changedFrom = this.bars.length;
    this.midsFrom = this.mids.length;
    this.cut = false;
  }

  _bucket(ts) {
    return Math.floor(ts / this.intervalS) * this.intervalS;
  }

  _trim(rows) {
    if (rows.length > MOST_BARS * 1.5) {
      rows.splice(0, rows.length - MOST_BARS);
      this.cut = true;
    }
  }
}
