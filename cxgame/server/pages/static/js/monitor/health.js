// What the monitor knows: its own lines, the server's last report, and how rates went. No DOM.

import { Line } from "./line.js";

const KEPT_S = 120; // of rates

export const PANELS = ["header", "lines", "throughput", "account", "faults", "sessions"];

export class Health {
  constructor(changed) {
    this._changed = changed;
    this.lines = { feed: new Line("Feed"), orders: new Line("Orders"), rest: new Line("REST") };
    this.lines.feed.gaps = 0;
    this.report = null; // the server's last
    this.rates = []; // {ts, messages, requests, orders, trades}, a second apart
    this.frames = 0; // of the feed, in all
    this.framesPerS = 0;
    this.trouble = null; // why the report is not fresh
    this.refusal = null; // of what was typed to see an account
    this._framesBefore = 0;
  }

  take(report) {
    const before = this.report;
    this.trouble = null;
    if (report.account !== null) this.refusal = null;
    if (before !== null && before.game === report.game && report.ts > before.ts) {
      this._count(before, report);
    }
    this.report = report;
    this._changed(...PANELS);
  }

  refuse(text) {
    this.refusal = text;
    this._changed("account");
  }

  fail(text = "The server does not answer. What is shown is as it was.") {
    this.trouble = text;
    this._changed("header", "lines");
  }

  frame() {
    this.frames += 1;
    this.lines.feed.heard();
  }

  // To be called once a second.
  tick() {
    this.framesPerS = this.frames - this._framesBefore;
    this._framesBefore = this.frames;
    this._changed("header", "lines");
  }

  _count(before, report) {
    const seconds = report.ts - before.ts;
    // Some totals begin anew with the server.
    const rate = (word) => Math.max(0, report.totals[word] - before.totals[word]) / seconds;
    this.rates.push({
      ts: report.ts,
      messages: report.messages_per_s,
      requests: rate("requests"),
      orders: rate("orders"),
      trades: rate("trades"),
    });
    while (this.rates[0].ts < report.ts - KEPT_S) this.rates.shift();
  }
}
