// What the page knows of one player, folded from replies and pushed messages. No DOM in here.
//
// Every change names the panels that must be drawn again; who draws is told by `changed`.

import { cut, cutKeys } from "../bounds.js";
import { Countdown } from "../countdown.js";
import { Place } from "./place.js";
import { Prices } from "./prices.js";

const KEPT_ROWS = 5000; // ended orders, fills
const KEPT_STEPS = 500; // of one order, which a bot may amend for hours
const KEPT_SAMPLES = 3600; // of the equity: an hour, then every second one goes
const MINUTE_S = 60;
const NOTHING = -1; // a snapshot has 0
const OWN = new Set(["executions_snapshot", "execution", "wallets"]);
const CRASH_S = 30; // of play that a crash takes back at most, and then some; more is another game
const NEAR_S = 5; // samples that are nearer to each other tell the same

export const PANELS = [
  "header", "portfolio", "performance", "ticket", "orders", "details", "fills", "quality", "bot",
];

export class Account {
  constructor(changed) {
    this._changed = changed;
    this.connection = "not logged in";
    this.fault = null;
    this.tellings = 0; // how often it was told how things stand
    this._seq = NOTHING; // of the last frame that is the player's own
    this.clear();
  }

  // Another player, or nobody: nothing of the last one stays.
  clear() {
    this.user = null;
    this.prices = new Prices();
    this.wallets = new Map(); // asset → {free, held, total}, as text
    this.open = new Map(); // id → row
    this.ended = new Map(); // id → row
    this.fills = new Map(); // fill and order id → row, in the order in which they came
    this.events = new Map(); // order id → what was pushed about it
    this.fresh = new Set(); // ids of orders that came or changed since they were drawn
    this.moreEnded = false;
    this.moreFills = false;
    this.samples = []; // {ts, value} of the equity
    this.money = null; // {deposits, withdrawals, fees, flows}: where the server tells them
    this.place = new Place((user) => this._isMe(user));
    this.phase = "";
    this._countdown = new Countdown();
    this.halted = false;
    this.gameTime = 0; // seconds of play
    this.skew = 0; // seconds by which the exchange's clock is ahead of ours
    this.trips = []; // {ms, server} of the latest round trips
    this.limits = null;
    this.refusals = []; // {ts, cmd, code, message}
    this.selected = null; // id of the order that is shown in detail
    this._changed(...PANELS);
  }

  get now() {
    return Date.now() / 1000 + this.skew;
  }

  get remainingNow() {
    return this._countdown.left;
  }

  get equity() {
    return this.prices.worthOf(this.wallets);
  }

  // Fees and trades: of all fills, or at least of those that are known here.
  get paidFees() {
    let sum = 0;
    for (const fill of this.fills.values()) {
      const quote = this.prices.of(fill.symbol).info?.quote;
      if (quote !== undefined) sum += this.prices.valueOf(quote, fill.fee);
    }
    return sum;
  }

  get refusedLately() {
    return this.refusals.filter((each) => each.ts > Date.now() / 1000 - MINUTE_S).length;
  }

  orderOf(id) {
    return this.open.get(id) ?? this.ended.get(id) ?? null;
  }

  fillsOf(id) {
    return [...this.fills.values()].filter((fill) => fill.order_id === id);
  }

  select(id) {
    this.selected = id;
    this._changed("details", "orders");
  }

  setConnection(state) {
    this.connection = state;
    this._seq = NOTHING;
    this._run();
    this._changed("header", "quality", "ticket");
  }

  setFault(text) {
    this.fault = text;
    this._changed("header");
  }

  setMarkets(infos) {
    this.prices.setMarkets(infos);
    this._changed(...PANELS);
  }

  setTime({ ts, phase, remaining, game_time: gameTime }, halted) {
    const wentOn = this.phase !== "closed" || phase === "closed";
    if (!wentOn || gameTime < this.gameTime - CRASH_S) this._beginAnew();
    this.place.tellTime(gameTime);
    this.gameTime = gameTime;
    this.skew = ts - Date.now() / 1000;
    this._enter({ phase, remaining, halted });
  }

  // Another game has begun, with the same player: of the last one nothing stays.
  _beginAnew() {
    const { user } = this;
    this.clear();
    this.user = user;
  }

  setMoney(money) {
    this.money = money;
    this._changed("performance");
  }

  addTrip(trip) {
    this.trips.push(trip);
    if (this.trips.length > 60) this.trips.shift();
    this._changed("quality");
  }

  setLimits(limits) {
    this.limits = limits;
    this._changed("quality");
  }

  addRefusal(cmd, { code, message }) {
    this.refusals.unshift({ ts: Date.now() / 1000, cmd, code, message });
    this.refusals.length = Math.min(this.refusals.length, 1000);
    this._changed("quality");
  }

  // Ended orders and fills as the lists of the past tell them. `anew`: the latest page, which
  // is where the older ones are gone on from.
  takeEnded(rows, more, anew) {
    if (anew) this.ended.clear();
    for (const row of rows) if (!this.open.has(row.id)) this.ended.set(row.id, row);
    this.endedBefore = rows.at(-1)?.id ?? this.endedBefore;
    this.moreEnded = more === true;
    this._changed("orders", "details");
  }

  takeFills(rows, more, anew) {
    if (anew) this.fills.clear();
    for (const row of rows) this.fills.set(`${row.fill_id}/${row.order_id}`, row);
    this.fillsBefore = rows.at(-1)?.fill_id ?? this.fillsBefore;
    this.moreFills = more === true;
    this._changed("fills", "details", "performance");
  }

  // Fills of one order: they may be older than all that is shown.
  takeFillsOf(id, rows) {
    for (const row of rows) if (row.order_id === id) this.fills.set(`${row.fill_id}/${id}`, row);
    this._changed("details");
  }

  takeTickers(rows) {
    for (const row of rows) this.prices.takeTicker(row);
    this._changed("ticket", "portfolio");
  }

  takePrice(symbol, text) {
    this.prices.setMid(symbol, text);
    this._changed("portfolio");
  }

  sample() {
    if (this.wallets.size === 0 || this.connection !== "live") return;
    const value = this.equity;
    if (!Number.isFinite(value)) return;
    this.samples.push({ ts: this.now, value });
    if (this.samples.length > KEPT_SAMPLES) {
      this.samples = this.samples.filter((_, index) => index % 2 === 1);
    }
    this._changed("performance", "portfolio");
  }

  take(frame) {
    if (OWN.has(frame.type) && !this._isNews(frame)) return;
    TAKERS[frame.type]?.call(this, frame);
  }

  // What is the player's own is numbered: what was lost is missed, what comes twice passed over.
  _isNews({ type, seq }) {
    const begins = type === "executions_snapshot";
    if (!begins && seq <= this._seq) return false;
    if (!begins && seq > this._seq + 1) this.onGap?.();
    this._seq = seq;
    return true;
  }

  _snapshot(frame) {
    this.open = new Map(frame.orders.map((row) => [row.id, row]));
    this.wallets = new Map(Object.entries(frame.wallets));
    this.events.clear(); // what happened before, and while the line was broken, is not among it
    this.tellings += 1;
    this._changed("orders", "details", "portfolio", "ticket");
  }

  _wallets(frame) {
    for (const [asset, amounts] of Object.entries(frame.wallets)) this.wallets.set(asset, amounts);
    this._changed("portfolio", "ticket");
  }

  _execution(frame) {
    const { order, event, fill } = frame;
    if (order.status === "open") {
      this.open.set(order.id, order);
    } else {
      this.open.delete(order.id);
      this.ended.set(order.id, order);
      cutKeys(this.ended, KEPT_ROWS);
    }
    this.fresh.add(order.id);
    cutKeys(this.fresh, KEPT_ROWS);
    if (!this.events.has(order.id)) this.events.set(order.id, []);
    const events = this.events.get(order.id);
    events.push(frame);
    cut(events, KEPT_STEPS);
    cutKeys(this.events, KEPT_ROWS);
    if (event === "filled" && fill) this._fill(frame.ts, order, fill);
    this._changed("orders", "details", "header");
  }

  _fill(ts, order, fill) {
    const row = {
      fill_id: fill.trade_id,
      order_id: order.id,
      symbol: order.symbol,
      timestamp: ts,
      filled_size: fill.size,
      price: fill.price,
      fee: fill.fee,
      role: fill.role,
      side: fill.side,
    };
    this.fills.set(`${row.fill_id}/${row.order_id}`, row);
    cutKeys(this.fills, KEPT_ROWS);
    this._changed("fills");
  }

  _match(frame) {
    this.prices.setLast(frame.symbol, frame.message.price);
    this._changed("ticket", "portfolio");
  }

  _ticker(frame) {
    this.prices.setMid(frame.symbol, frame.mid);
    this._changed("ticket", "portfolio");
  }

  _standings(frame) {
    this.place.take(frame);
    this._changed("header");
  }

  _results(frame) {
    this.place.settle(frame);
    this._changed("header");
  }

  // Equity of the time before, where the server has kept it.
  _history({ times, curves }) {
    const mine = curves.find((curve) => this._isMe(curve.user));
    if (mine === undefined) return;
    const known = new Set(this.samples.map((sample) => Math.floor(sample.ts / NEAR_S)));
    const missed = times
      .map((ts, index) => ({ ts, value: Number(mine.equity[index] ?? NaN) }))
      .filter(({ ts, value }) => Number.isFinite(value) && !known.has(Math.floor(ts / NEAR_S)));
    this.samples = [...this.samples, ...missed].sort((a, b) => a.ts - b.ts);
    this._changed("performance");
  }

  // Names differ by more than the case of letters, and one may log in in any.
  _isMe(user) {
    return user.toLowerCase() === this.user?.toLowerCase();
  }

  _enter(frame) {
    if (frame.phase === undefined) return;
    this.phase = frame.phase;
    if (frame.phase === "open") this.place.playOn();
    this.halted = frame.halted === true;
    if (frame.remaining !== undefined) this._countdown.tell(frame.remaining);
    this._run();
    this._changed("header");
  }

  _run() {
    const runs = this.phase === "open" && !this.halted && this.connection === "live";
    this._countdown.run(runs ? 1 : 0);
  }
}

const TAKERS = {
  executions_snapshot: Account.prototype._snapshot,
  execution: Account.prototype._execution,
  wallets: Account.prototype._wallets,
  match: Account.prototype._match,
  ticker: Account.prototype._ticker,
  standings: Account.prototype._standings,
  results: Account.prototype._results,
  equity_history: Account.prototype._history,
  heartbeat: Account.prototype._enter,
  phase: Account.prototype._enter,
  market(frame) {
    this.onMarkets?.(frame);
  },
  rules(frame) {
    this.onMarkets?.(frame);
  },
};
