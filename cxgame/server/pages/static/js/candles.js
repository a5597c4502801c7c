// Trades become candles; the oracle's mids become a line. Times are in seconds since 1970. Pure.

export const INTERVALS_S = [1, 5, 15, 60, 300];
const MOST_BARS = 600;

export class Candles {
  constructor(intervalS) {
    this.intervalS = intervalS;
    this.bars = []; // {time, open, high, low, close, volume, bought}
    this.mids = []; // {time, value}
    this.changedFrom = 0; // index of the first bar that was not drawn yet
    this.midsFrom = 0;
    this.cut = true; // the beginning changed: everything must be drawn anew
  }

  addTrade(trade) {
    const { price, size } = trade;
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
