// What the page knows of a game, folded from the frames of the feed. No DOM in here.
//
// Every change names the panels that must be drawn again; who draws is told by `changed`.

import { cut, cutKeys } from "./bounds.js";
import { INTERVALS_S, SECONDS } from "./candles.js";
import { Countdown } from "./countdown.js";
import { plain } from "./format.js";
import { Market } from "./market.js";

const KEPT_MESSAGES = 100;
const KEPT_OWNERS = 20_000; // orders whose owners are remembered, to name who traded
const KEPT_CURVE = 600; // points of an equity curve; beyond, what is older gets sparser
const HOUSE = "0";
const ORGANISER = "admin"; // no player can have the name

export const PANELS = ["header", "markets", "chart", "depth", "ladder", "tape", "standings", "messages"];

export class Store {
  // changed(...panels) is told what to draw; interval(seconds) that other candles are shown
  constructor(changed, interval = () => {}) {
    this._changed = changed;
    this._interval = interval;
    this.intervalS = INTERVALS_S[0];
    this.selected = null; // symbol of the market that is shown; kept from game to game
    this.fault = null; // why what is shown is not live
    this.connection = "connecting";
    this.pace = 1; // seconds of play in a second
    this.clear();
  }

  clear() {
    this.game = "";
    this.markets = new Map();
    this.phase = "";
    this.halted = false;
    this.delay = 0; // seconds by which the feed is told later
    this.house = false; // whether the oracle's quotes can be traded against
    this._countdown = new Countdown();
    this.helloTs = 0;
    this.skew = 0; // seconds by which the exchange's clock is ahead of ours
    this.spectators = null;
    this.players = 0;
    this.standings = []; // {rank, user, equity, bot}
    this.curves = new Map(); // user → [{ts, equity, rank}]
    this.results = null; // number of the round whose end is shown
    this._latest = null; // the last `standings`: as things stand, also while they are not shown
    this.messages = []; // {id, ts, kind, user, text}
    this._messageId = 0;
    this._owners = new Map();
    this._changed(...PANELS);
  }

  get market() {
    return this.markets.get(this.selected) ?? this.markets.values().next().value ?? null;
  }

  get now() {
    return Date.now() / 1000 + this.skew;
  }

  // Seconds of play left now; null in an endless game.
  get remainingNow() {
    return this._countdown.left;
  }

  select(symbol) {
    this.selected = symbol;
    this._changed("markets", "chart", "depth", "ladder", "tape", "header");
  }

  setInterval(seconds) {
    this.intervalS = seconds;
    for (const market of this.markets.values()) market.setInterval(seconds);
    this._interval(seconds);
    this._changed("chart");
  }

  setConnection(state) {
    this.connection = state;
    this._run();
    this._changed("header");
  }

  // This is a replay, at so many recorded seconds in a second; 0 in a pause.
  setPace(pace) {
    this.pace = pace;
    this._run();
    this._changed("header");
  }

  setFault(text) {
    if (text === this.fault) return;
    this.fault = text;
    this._changed("header");
  }

  // Markets that are known before the feed says so.
  expect(symbols) {
    for (const symbol of symbols) this._marketOf(symbol);
    this._changed("markets");
  }

  // Another game, or the first: what is known of the last one is gone.
  reset(hello) {
    this.clear();
    this.take(hello);
  }

  take(frame) {
    TAKERS[frame.type]?.call(this, frame);
  }

  // Prices that came by a plain request, while there is no feed.
  takePrices(rows) {
    const ts = this.now;
    for (const row of rows) {
      const market = this._marketOf(row.symbol);
      const text = (value) => plain(value ?? row.price);
      market.told = text(row.price);
      market.book = { bids: [], asks: [] }; // what was known of it is old
      market.quote = { bid: text(row.bid), ask: text(row.ask), mid: text(row.price) };
      market.first ??= Number(row.price);
      market.addMid(ts, Number(row.price));
    }
    this._changed("markets", "chart", "depth", "header", "ladder");
  }

  _marketOf(symbol) {
    let market = this.markets.get(symbol);
    if (market === undefined) {
      market = new Market({ symbol, tick: "0.01" }, this.intervalS);
      this.markets.set(symbol, market);
    }
    return market;
  }

  _hello(frame) {
    this.game = frame.game;
    this.helloTs = frame.ts;
    this.house = frame.house === true;
    this.delay = frame.delay ?? 0;
    this.skew = frame.ts - Date.now() / 1000;
    this._setMarkets(frame.markets);
    for (const market of this.markets.values()) market.told = null;
    this._enter(frame);
  }

  _setMarkets(infos) {
    for (const info of infos) {
      const market = this.markets.get(info.symbol);
      if (market === undefined) this.markets.set(info.symbol, new Market(info, this.intervalS));
      else market.info = info;
    }
    this._changed(...PANELS);
  }

  // Phase and playing time, as of now. What a resume tells of the past is passed over.
  _enter(frame) {
    if (frame.ts < this.helloTs) return;
    this.phase = frame.phase;
    this.halted = frame.halted === true;
    this._countdown.tell(frame.remaining);
    this._run();
    this._count(frame);
    this._changed("header");
  }

  _run() {
    const runs = this.phase === "open" && !this.halted && this.connection === "live";
    this._countdown.run(runs ? this.pace : 0);
  }

  _count(frame) {
    if (Number.isInteger(frame.spectators)) this.spectators = frame.spectators;
  }

  _order(frame) {
    const { id, user } = frame.message;
    this._owners.set(id, user);
    cutKeys(this._owners, KEPT_OWNERS);
  }

  _ownerOf(id) {
    return id === HOUSE ? "House" : (this._owners.get(id) ?? null);
  }

  _match(frame) {
    const { price, size, buy_id: buy, sell_id: sell } = frame.message;
    const market = this._marketOf(frame.symbol);
    market.addTrade({
      id: frame.trade_id,
      ts: frame.ts,
      side: frame.side,
      price: Number(price),
      size: Number(size),
      priceText: price,
      sizeText: size,
      buyer: this._ownerOf(buy),
      seller: this._ownerOf(sell),
    });
    this._changed("markets");
    if (market === this.market) this._changed("chart", "tape", "header", "ladder");
  }

  _ticker(frame) {
    const market = this._marketOf(frame.symbol);
    market.quote = { bid: frame.bid, ask: frame.ask, mid: frame.mid };
    // One without a number says how things stand; those of a resume, which come later, are older.
    if (Number.isInteger(frame.seq)) {
      market.first ??= Number(frame.mid);
      market.addMid(frame.ts, Number(frame.mid));
    }
    this._changed("markets");
    if (market === this.market) this._changed("chart", "header", "ladder");
    if (market === this.market && this.house) this._changed("depth"); // its quote may stand there
  }

  _book(frame) {
    const market = this._marketOf(frame.symbol);
    market.book = { bids: frame.bids, asks: frame.asks };
    if (market === this.market) this._changed("ladder", "depth");
  }

  // Prices move on after the end of a round, but its standings are settled: those stay.
  _standings(frame) {
    this._latest = frame;
    if (this.results === null) this._rank(frame);
    this._count(frame);
    this._changed("header");
  }

  _rank(frame) {
    this.standings = frame.standings;
    this.players = frame.players ?? frame.standings.length;
    for (const { user, equity, rank } of frame.standings) {
      let curve = this.curves.get(user);
      if (curve === undefined) this.curves.set(user, (curve = []));
      if (frame.ts <= curve.at(-1)?.ts) continue; // known, or of a resume, which comes late
      curve.push({ ts: frame.ts, equity: Number(equity), rank });
      if (curve.length > KEPT_CURVE) this.curves.set(user, sparser(curve));
    }
    this._changed("standings", "header");
  }

  // What was before the page was opened goes before what it has seen.
  _equityHistory({ times, curves }) {
    for (const { user, equity } of curves) {
      const seen = this.curves.get(user) ?? [];
      const begins = seen[0]?.ts ?? Infinity;
      const before = times
        .map((ts, index) => ({ ts, equity: equity[index], rank: null }))
        .filter((point) => point.equity !== null && point.ts < begins)
        .map((point) => ({ ...point, equity: Number(point.equity) }));
      this.curves.set(user, [...before, ...seen]);
    }
    this._changed("standings");
  }

  _pastCandles(frame) {
    const intervalS = SECONDS[frame.timeframe];
    const bars = frame.candles.map(([time, ...texts]) => {
      const [open, high, low, close, volume] = texts.map(Number);
      return { time, open, high, low, close, volume, bought: close >= open ? volume : 0 };
    });
    const market = this._marketOf(frame.symbol);
    market.setPast({ intervalS, bars, lastTrade: Number(frame.last_trade) });
    if (market === this.market) this._changed("chart");
  }

  _results(frame) {
    this.results = frame.round ?? 1;
    this._rank(frame);
  }

  _round(frame) {
    this._playOn();
    this._say(frame, "phase", null, `Round ${frame.round} begins.`);
  }

  _start(frame) {
    this._playOn();
    this._phaseText(frame);
  }

  // After the end of a round: how things stand now is what counts again.
  _playOn() {
    if (this.results === null) return;
    this.results = null;
    if (this._latest !== null) this._rank(this._latest);
    this._changed("standings");
  }

  _bcast(frame) {
    if (frame.user === ORGANISER) this._say(frame, "notice", "Organiser", frame.message);
    else this._say(frame, "player", frame.user, frame.message);
  }

  _notice(frame) {
    this._say(frame, "notice", null, frame.message);
  }

  _info(frame) {
    if (Number.isInteger(frame.seq)) this._say(frame, "join", frame.user, "has joined");
    else if (!frame.message.startsWith("New connection")) {
      this._say(frame, "notice", null, frame.message);
    }
  }

  _phaseText(frame) {
    this._say(frame, "phase", null, frame.message);
  }

  _resync(frame) {
    this._say(frame, "notice", null, "Some of what happened meanwhile is not shown.");
  }

  _say(frame, kind, user, text) {
    this.messages.push({ id: ++this._messageId, ts: frame.ts, kind, user, text });
    cut(this.messages, KEPT_MESSAGES);
    this._changed("messages");
  }
}

const TAKERS = {
  hello: Store.prototype._hello,
  heartbeat: Store.prototype._enter,
  phase: Store.prototype._enter,
  rules(frame) {
    this._setMarkets(frame.markets);
  },
  buy: Store.prototype._order,
  sell: Store.prototype._order,
  buy_market: Store.prototype._order,
  sell_market: Store.prototype._order,
  market(frame) {
    this._setMarkets([frame]);
  },
  past_candles: Store.prototype._pastCandles,
  equity_history: Store.prototype._equityHistory,
  match: Store.prototype._match,
  ticker: Store.prototype._ticker,
  book: Store.prototype._book,
  standings: Store.prototype._standings,
  results: Store.prototype._results,
  round: Store.prototype._round,
  bcast: Store.prototype._bcast,
  info: Store.prototype._info,
  notice: Store.prototype._notice,
  start: Store.prototype._start,
  pause: Store.prototype._phaseText,
  shutdown: Store.prototype._phaseText,
  resync: Store.prototype._resync,
};

// Half as many points of all but the last two minutes: a curve shows its whole time, and what
// happened just now in full.
function sparser(curve) {
  const recent = curve.at(-1).ts - 120;
  return curve.filter((point, index) => index % 2 === 0 || point.ts > recent);
}
