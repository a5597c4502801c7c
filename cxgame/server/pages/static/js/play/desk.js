// What the page asks the exchange for, and when: everything that goes out but the login.

import { LineLost } from "./link.js";

const PAGE = 50; // rows of a list at once
const QUOTE_MS = 1000;
const TRIP_MS = 5000;
const AGAIN_MS = 1000; // between two attempts to be told what happens
const MOST_QUOTED = 40; // markets whose prices are asked for at once
const CHANNELS = ["executions", "ticker", "trades", "standings"];

export class Desk {
  constructor(link, account) {
    this._link = link;
    this._account = account;
    this.symbol = null; // the market of the ticket, whose quote is asked for
    this._begun = 0; // logins
    this._catchingUp = false;
    account.onMarkets = () => this._do(() => this._markets());
    account.onGap = () => this._do(() => this._catchUp());
    setInterval(() => this._do(() => this.quote()), QUOTE_MS);
    setInterval(() => this._do(() => this._measure()), TRIP_MS);
    setInterval(() => account.sample(), 1000);
  }

  // After each login: how things stand, then what happens.
  begin() {
    return this._do(async () => {
      this._account.user = this._link.user;
      await this._markets();
      const told = this._account.tellings;
      await this._subscribe();
      await this.quote();
      await this._measure();
      await Promise.all([this.orders(true), this.fills(true)]);
      if (this._account.tellings === told) await this._catchUp();
      this._account.sample();
    });
  }

  // A game that is halted refuses it, and goes on some time.
  async _subscribe() {
    const mine = ++this._begun;
    while (!(await this._link.ask("subscribe", { channels: CHANNELS })).status) {
      await new Promise((done) => setTimeout(done, AGAIN_MS));
      if (mine !== this._begun) throw new LineLost("subscribe"); // logged in once more meanwhile
    }
  }

  // Frames were lost on their way: how things stand is told again.
  async _catchUp() {
    if (this._catchingUp) return;
    this._catchingUp = true;
    try {
      await this._link.ask("subscribe", { channels: ["executions"] });
      await Promise.all([this.orders(true), this.fills(true)]);
    } finally {
      this._catchingUp = false;
    }
  }

  async orders(anew) {
    const before = anew ? null : this._account.endedBefore;
    const reply = await this._link.ask("completed", page(before));
    if (reply.status) this._account.takeEnded(newestFirst(reply.data), reply.more, anew);
  }

  async fills(anew) {
    const before = anew ? null : this._account.fillsBefore;
    const reply = await this._link.ask("fills", page(before));
    if (reply.status) this._account.takeFills(newestFirst(reply.data), reply.more, anew);
  }

  // All fills of one order. It has none from before it was placed.
  async fillsOf(order) {
    let after = { after: "0", since: Math.floor(order.timestamp * 1000) };
    for (let pages = 0; pages < 20; pages++) {
      const reply = await this._link.ask("fills", { limit: 1000, ...after });
      if (!reply.status) return;
      this._account.takeFillsOf(order.id, reply.data);
      const last = reply.data.at(-1);
      if (!reply.more || last === undefined) return;
      if (order.status !== "open" && this._hasAllFills(order)) return;
      after = { after: last.fill_id };
    }
  }

  tryOrder(params) {
    return this._link.ask("order", { ...params, validate: true });
  }

  place(params) {
    return this._link.ask("order", params);
  }

  cancel(id) {
    return this._link.ask("cancel", { order_id: id });
  }

  cancelAll(filter) {
    return this._link.ask("cancel_all", filter);
  }

  // Something that a line which breaks may interrupt: the next login begins anew.
  async _do(task) {
    if (this._link.state !== "live") return;
    try {
      await task();
    } catch (error) {
      if (!(error instanceof LineLost)) throw error;
    }
  }

  async quote() {
    const { prices, wallets } = this._account;
    const owned = [...wallets.keys()].map((asset) => `${asset}/${prices.cash}`);
    const symbols = [...new Set([this.symbol, ...owned])].filter((each) => prices.markets.has(each));
    if (symbols.length === 0) return;
    const reply = await this._link.ask("tickers", { symbols: symbols.slice(0, MOST_QUOTED) });
    if (reply.status) this._account.takeTickers(reply.data);
  }

  async _markets() {
    const time = await this._link.ask("time"); // first: it tells whether the game is another
    if (time.status) this._account.setTime(time.data, time.halted === true);
    const reply = await this._link.ask("markets");
    if (reply.status) this._account.setMarkets(reply.data);
  }

  async _measure() {
    const begin = performance.now();
    const reply = await this._link.ask("time", {}, { ts: true, limits: true });
    if (!reply.status) return;
    this._account.addTrip({ ms: performance.now() - begin, server: reply.ts_out - reply.ts_in });
    this._account.setLimits(reply.limits ?? null);
    this._account.setTime(reply.data, reply.halted === true);
  }

  _hasAllFills(order) {
    const sizes = this._account.fillsOf(order.id).map((fill) => Number(fill.filled_size));
    const filled = sizes.reduce((sum, each) => sum + each, 0);
    return filled >= Number(order.filled_size) * (1 - 1e-9);
  }
}

function page(before) {
  return before === null || before === undefined ? { limit: PAGE } : { limit: PAGE, before };
}

function newestFirst(rows) {
  return [...rows].sort((a, b) => Number(b.fill_id ?? b.id) - Number(a.fill_id ?? a.id));
}
