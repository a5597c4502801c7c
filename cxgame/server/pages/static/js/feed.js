// The one way in which data of a game reaches the page: the feed, over a WebSocket.
//
// Owns the connection: hello, subscription, resume after a break, holes, reconnecting. Frames that
// come out are complete and in order; what they mean is `store.js`. docs/feed.md is the contract.

import { DROP, HOLE, Tape } from "./tape.js";

const CHANNELS = ["activity", "trades", "ticker", "book", "standings"];
const BACKFILL_EVENTS = 3000; // shown of the time before the page was opened
const FIRST_DELAY_MS = 400;
const LONGEST_DELAY_MS = 10_000;
const SILENCE_MS = 8_000; // a heartbeat is due each second: the line is dead
const BEGINNING_MS = 60_000; // but the first word may be late: a feed that is told later waits with it
const PATIENCE_MS = 10_000; // for an answer, or a resume to fill a hole
const HELLO = "hello";
const SUBSCRIBED = "subscribed";
const JUMPED = 1012; // the close code when a replay goes on elsewhere
const GAME_OVER = "The game is over.";

export const CONNECTING = "connecting";
export const LIVE = "live";
export const BROKEN = "reconnecting";
export const OVER = "over";

// handlers: frame(frame), reset(hello), status(state); if wanted: heard() of each frame that comes,
// hole() when some are missing
export class Feed {
  constructor(uri, handlers) {
    this.uri = uri;
    this.state = CONNECTING;
    this.fruitless = 0; // attempts since the feed was reached last
    this._handlers = handlers;
    this._tape = new Tape();
    this._socket = null;
    this._missing = HELLO; // the frame that must come before others count
    this._missingSince = 0;
    this._askedAt = null; // when a hole made us ask for a resume
    this._heardAt = 0;
    this._isMute = false; // the feed was reached and has said nothing yet
    this._over = false;
    this._timeframe = null; // of the candles that were asked for last
    setInterval(() => this._watch(), 1000);
  }

  get seq() {
    return this._tape.seq;
  }

  open() {
    let socket;
    try {
      socket = new WebSocket(this.uri);
    } catch {
      this._again(); // an address that no browser takes, or not from a page like this
      return;
    }
    this._socket = socket;
    this._askedAt = null;
    this._miss(HELLO);
    this._isMute = false;
    socket.onopen = () => socket === this._socket && this._reached();
    socket.onmessage = (event) => socket === this._socket && this._receive(event.data);
    socket.onclose = (event) => socket === this._socket && this._closed(event);
  }

  // What comes next is another part of a recording: nothing that was shown leads there.
  forget() {
    this._tape = new Tape();
  }

  // Break the connection, as a network does; it comes back by itself.
  drop() {
    const socket = this._socket;
    this._socket = null;
    socket?.close();
    this._again();
  }

  // Ask for the candles of the time before; they are asked for again after a break.
  wantCandles(timeframe) {
    this._timeframe = timeframe;
    if (this.state === LIVE) this._askCandles();
  }

  _reached() {
    this._miss(HELLO);
    this._isMute = true;
    this.fruitless = 0;
  }

  _miss(type) {
    this._missing = type;
    this._missingSince = performance.now();
  }

  _receive(text) {
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      return;
    }
    if (frame === null || typeof frame !== "object") return;
    this._heardAt = performance.now();
    this._isMute = false;
    this._handlers.heard?.();
    if (frame.type === HELLO) return this._greeted(frame);
    if (frame.type === SUBSCRIBED) this._missing = null;
    if (this._missing !== null) return; // of the default channel still: comes again by the resume
    this._judge(frame);
  }

  _greeted(hello) {
    if (this._tape.greet(hello, BACKFILL_EVENTS)) {
      this._over = false;
      this._handlers.reset(hello);
    } else {
      this._handlers.frame(hello);
    }
    this._miss(SUBSCRIBED);
    this._send("subscribe", { channels: CHANNELS });
    this._resume();
    this._askCandles();
    this._set(LIVE);
  }

  _judge(frame) {
    const before = this._tape.seq;
    const verdict = this._tape.judge(frame);
    if (verdict === DROP) return;
    if (verdict === HOLE) return this._fillHole();
    if (this._tape.seq !== before) this._askedAt = null;
    if (frame.type === "shutdown" || (frame.phase === "closed" && frame.type !== "phase")) {
      this._over = true;
    }
    this._handlers.frame(frame);
  }

  _fillHole() {
    const now = performance.now();
    if (this._askedAt === null) {
      this._askedAt = now;
      this._handlers.hole?.();
      this._resume();
    } else if (now - this._askedAt > PATIENCE_MS) {
      this.drop();
    }
  }

  _resume() {
    this._send("resume", { seq: this._tape.seq });
  }

  _askCandles() {
    if (this._timeframe !== null) this._send("past_candles", { timeframe: this._timeframe });
  }

  _send(cmd, params) {
    this._socket?.send(JSON.stringify({ cmd, params, id: cmd }));
  }

  _closed(event) {
    this._socket = null;
    if (event.reason === GAME_OVER) this._over = true;
    if (event.code === JUMPED) this.forget();
    this._again();
  }

  _again() {
    this.fruitless += 1;
    this._set(this._over ? OVER : BROKEN);
    const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.fruitless - 1));
    // At random, so that a room full of browsers does not come back in one instant.
    setTimeout(() => this.open(), longest * (0.5 + Math.random() / 2));
  }

  // A line that is dead, or on which what we cannot do without was lost.
  _watch() {
    const whole = this._missing === null;
    const since = whole ? this._heardAt : this._missingSince;
    const most = whole ? SILENCE_MS : this._isMute ? BEGINNING_MS : PATIENCE_MS;
    if (this._socket !== null && performance.now() - since > most) this.drop();
  }

  _set(state) {
    if (state === this.state) return;
    this.state = state;
    this._handlers.status(state);
  }
}
