// One market as the page knows it: trades, candles, the oracle's quotes, the book. No DOM in here.

import { cut } from "./bounds.js";
import { Candles } from "./candles.js";

const KEPT_TRADES = 20_000; // what candles are built anew from
const KEPT_MIDS = 20_000;

export class Market {
  constructor(info, intervalS) {
    this.info = info;
    this.symbol = info.symbol;
    this.trades = []; // {id, ts, price, size, side, priceText, sizeText, buyer, seller}
    this.mids = []; // {ts, value}
    this.quote = null; // the oracle's {bid, ask, mid}, as text
    this.told = null; // the price by a plain request, while there is no feed
    this.book = { bids: [], asks: [] };
    this.first = null; // price that the change is counted from
    this.past = null; // what the feed knows of earlier candles: {intervalS, bars, lastTrade}
    this.candles = new Candles(intervalS);
  }

  get last() {
    return this.trades[this.trades.length - 1] ?? null;
  }

  // The price to show: of the last trade, else the oracle's.
  get price() {
    return this.told ?? this.last?.priceText ?? this.quote?.mid ?? null;
  }

  get change() {
    if (this.first === null || this.price === null) return null;
    return (Number(this.price) / this.first - 1) * 100;
  }

  // Of the time that is known, in seconds.
  get spanS() {
    const begins = [this.trades[0], this.mids[0]].filter(Boolean).map((row) => row.ts);
    if (this.past !== null && this.past.bars.length > 0) begins.push(this.past.bars[0].time);
    const ends = [this.last, this.mids.at(-1)].filter(Boolean).map((row) => row.ts);
    return begins.length === 0 ? 0 : Math.max(...ends) - Math.min(...begins);
  }

  setInterval(seconds) {
    this.candles = new Candles(seconds, this.past?.intervalS === seconds ? this.past : null);
    for (const trade of this.trades) this.candles.addTrade(trade);
    for (const mid of this.mids) this.candles.addMid(mid.ts, mid.value);
  }

  // Candles of the time before the page was opened.
  setPast(past) {
    this.past = past;
    if (past.intervalS === this.candles.intervalS) this.setInterval(past.intervalS);
  }

  addTrade(trade) {
    this.first ??= trade.price;
    this.trades.push(trade);
    cut(this.trades, KEPT_TRADES);
    this.candles.addTrade(trade);
  }

  addMid(ts, value) {
    const last = this.mids[this.mids.length - 1];
    if (last !== undefined && ts < last.ts) return;
    this.mids.push({ ts, value });
    cut(this.mids, KEPT_MIDS);
    this.candles.addMid(ts, value);
  }
}
