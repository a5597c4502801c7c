// Prices by plain requests, for as long as the feed cannot be reached.

import { OVER } from "./feed.js";

const TRIES_BEFORE = 2; // fruitless attempts at the feed before prices are asked for

// config: `prices` (an address or null) and `refresh_s`; handlers: rows(rows), fault(text or null)
export class Polling {
  constructor(config, feed, handlers) {
    this._config = config;
    this._feed = feed;
    this._handlers = handlers;
  }

  get active() {
    return this._feed.state !== OVER && this._feed.fruitless >= TRIES_BEFORE;
  }

  start() {
    setInterval(() => this._poll(), Math.max(1, this._config.refresh_s) * 1000);
  }

  async _poll() {
    if (!this.active) return this._handlers.fault(null);
    if (this._config.prices === null) {
      return this._handlers.fault("The feed cannot be reached. Trying again.");
    }
    try {
      const answer = await fetch(this._config.prices, { cache: "no-store" });
      const body = await answer.json();
      if (!answer.ok) throw new Error(body.error);
      if (!this.active) return;
      this._handlers.rows(body.prices);
      const every = this._config.refresh_s;
      this._handlers.fault(`The feed cannot be reached: prices alone, every ${every} s.`);
    } catch {
      if (!this.active) return;
      this._handlers.fault("Neither the feed nor the exchange can be reached. Trying again.");
    }
  }
}
