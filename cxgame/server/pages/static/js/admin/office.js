// What the organiser's page knows: time and people from the server, asked again and again; markets,
// rounds and what was done from the feed, which a setting may delay. No DOM in here; every change
// names the panels to draw again.

import { Countdown } from "../countdown.js";

const KEPT_ACTS = 200;
const ORGANISER = "admin";

export const PANELS = ["header", "course", "players", "player", "faults", "whitelist", "tools", "log"];

export class Office {
  constructor(changed) {
    this._changed = changed;
    this.connection = "connecting";
    this.leave();
    this.clear();
  }

  // What only who is logged in may know.
  leave() {
    this.fault = null;
    this.players = null; // rows of `players`; null before the first
    this.faults = null; // of `faults`: those in force, and a deck's still to come
    this.teams = undefined; // of `whitelist`: null where everybody may play
    this.chosen = null; // the user whose panel is open
    this.ts = 0; // by the exchange's clock, when it was asked last
    this.phase = "";
    this.halted = false;
    this._countdown = new Countdown();
    this._changed(...PANELS);
  }

  // What the feed tells, which begins anew.
  clear() {
    this.game = "";
    this.round = null; // its number, once the feed has told it
    this.hasEnded = false; // the round: its results are settled, none has begun since
    this._roundTs = 0; // as of when
    this.markets = []; // {symbol, base, quote}
    this.acts = []; // {ts, act, user, text}, latest first
    this._changed(...PANELS);
  }

  get remainingNow() {
    return this._countdown.left;
  }

  get assets() {
    return [...new Set(this.markets.flatMap(({ base, quote }) => [quote, base]))];
  }

  get player() {
    return this.players?.find((row) => row.user === this.chosen) ?? null;
  }

  get isListed() {
    return this.teams !== null && this.teams !== undefined;
  }

  // Listed players whom the opening waits for.
  get missing() {
    const there = (this.players ?? []).filter((row) => row.connections > 0);
    const names = new Set(there.map((row) => row.user.toLowerCase()));
    return Object.values(this.teams ?? {}).flat().filter((name) => !names.has(name.toLowerCase()));
  }

  choose(user) {
    this.chosen = user;
    this._changed("players", "player");
  }

  setPlayers(rows) {
    this.players = rows;
    this._changed("players", "player", "header", "course");
  }

  setFaults(data) {
    this.faults = data;
    this._changed("faults");
  }

  setTeams(teams) {
    this.teams = teams;
    this._changed("whitelist", "player", "players", "course");
  }

  // The reply of `time`.
  setTime({ ts, phase, remaining }, halted) {
    this.ts = ts;
    this.phase = phase;
    this.halted = halted;
    this._countdown.tell(remaining);
    this._run();
    if (phase === "open") this.setEnded(false, ts);
    this._changed("header", "course");
  }

  // What we did ourselves is known before the feed tells it, which then is old.
  setEnded(ended, ts = this.ts) {
    if (ts < this._roundTs) return;
    this._roundTs = ts;
    this.hasEnded = ended;
    this._changed("course");
  }

  setConnection(state) {
    this.connection = state;
    this._run();
    this._changed("header");
  }

  _run() {
    const runs = this.phase === "open" && !this.halted && this.connection === "live";
    this._countdown.run(runs ? 1 : 0);
  }

  setFault(text) {
    this.fault = text;
    this._changed("header");
  }

  // A frame of the feed.
  take(frame) {
    FRAMES[frame.type]?.call(this, frame);
  }

  _hello(frame) {
    this.game = `${frame.game}.${frame.number}`;
    this.markets = frame.markets.map(({ symbol, base, quote }) => ({ symbol, base, quote }));
    this._changed("header", "tools", "player");
  }

  _market({ symbol, base, quote }) {
    if (this.markets.some((market) => market.symbol === symbol)) return; // the greeting had it
    this.markets.push({ symbol, base, quote });
    this._changed("tools", "player");
  }

  _round(frame) {
    this.round = frame.round;
    this.setEnded(false, frame.ts);
    this._changed("course");
  }

  _results(frame) {
    this.round = frame.round;
    this.setEnded(true, frame.ts);
    this._changed("course");
  }

  _act(frame, act, text, user = ORGANISER) {
    this.acts.unshift({ ts: frame.ts, act, user, text });
    this.acts.length = Math.min(this.acts.length, KEPT_ACTS);
    this._changed("log");
  }

  _said(frame) {
    if (frame.user === ORGANISER) this._act(frame, "announce", frame.message);
  }
}

const FRAMES = {
  hello: Office.prototype._hello,
  market: Office.prototype._market,
  round: Office.prototype._round,
  results: Office.prototype._results,
  bcast: Office.prototype._said,
  notice(frame) {
    this._act(frame, frame.act, frame.message, frame.user);
  },
  start(frame) {
    this._act(frame, "open", frame.message, "");
  },
  pause(frame) {
    this._act(frame, "pause", frame.message, "");
  },
  shutdown(frame) {
    this._act(frame, "shutdown", frame.message, "");
  },
};
