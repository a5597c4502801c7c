// The one way to the order server: a WebSocket on which a player is logged in.
//
// Owns the connection, the login and coming back: whoever asks gets a reply or a `LineLost`. The
// token lives in a private member of this class and nowhere else.

const FIRST_DELAY_MS = 400;
const LONGEST_DELAY_MS = 10_000;
const PATIENCE_MS = 10_000; // for a reply: then the line is dead
const NEVER_AGAIN = ["AUTH_TOKEN", "AUTH_PASSWORD", "AUTH_UNKNOWN_USER", "AUTH_NOT_LISTED"];
const TOKEN = /^[0-9a-f]{64}$/;

export const OUT = "not logged in";
export const CONNECTING = "connecting";
export const LIVE = "live";
export const BROKEN = "reconnecting";

export class LineLost extends Error {}

// handlers: pushed(frame), ready(), status(state), out(reply), refused(cmd, reply)
export class Link {
  #socket = null;
  #credentials = null;
  #waiting = new Map(); // id → {cmd, done, lost, timer}
  #nextId = 1;
  #fruitless = 0;
  #again = null; // the timer of the next attempt

  constructor(uri, handlers) {
    this.uri = uri;
    this.state = OUT;
    this.lastReason = ""; // why the server closed the line, or refused the login, the last time
    this._handlers = handlers;
  }

  get user() {
    return this.#credentials?.username ?? null;
  }

  get hasToken() {
    return this.#credentials?.token !== undefined;
  }

  // For what needs it at this moment; it is not kept anywhere else.
  revealToken() {
    return this.#credentials?.token ?? null;
  }

  login(username, secret) {
    this.logout();
    const token = secret.toLowerCase();
    this.#credentials = TOKEN.test(token) ? { username, token } : { username, password: secret };
    this.#set(CONNECTING);
    this.#open();
  }

  logout() {
    clearTimeout(this.#again);
    this.#credentials = null;
    this.#fruitless = 0;
    this.lastReason = "";
    this.#drop();
    this.#set(OUT);
  }

  // A reply, refusals included. Rejects with `LineLost` when the line ends before it.
  ask(cmd, params = {}, more = {}) {
    return new Promise((done, lost) => {
      if (this.#socket?.readyState !== WebSocket.OPEN) return lost(new LineLost(cmd));
      const id = this.#nextId++;
      const timer = setTimeout(() => this.breakOff(), PATIENCE_MS);
      this.#waiting.set(id, { cmd, params, done, lost, timer });
      this.#socket.send(JSON.stringify({ cmd, params, id, ...more }));
    });
  }

  // Break the connection, as a network does; it comes back by itself.
  breakOff() {
    if (this.#socket === null) return;
    this.#drop();
    this.#comeBack();
  }

  #open() {
    let socket;
    try {
      socket = new WebSocket(this.uri);
    } catch {
      return this.#comeBack(); // an address that no browser takes
    }
    this.#socket = socket;
    const mine = () => socket === this.#socket;
    socket.onopen = () => mine() && this.#enter();
    socket.onmessage = (event) => mine() && this.#receive(event.data);
    socket.onclose = (event) => {
      if (!mine()) return;
      this.lastReason = event.reason || this.lastReason; // who is away gives none
      this.breakOff();
    };
  }

  async #enter() {
    let reply;
    try {
      reply = await this.ask("auth", this.#credentials);
    } catch {
      return; // the line broke again, which is seen elsewhere
    }
    if (reply.status) {
      this.#fruitless = 0;
      this.lastReason = "";
      this.#set(LIVE);
      this._handlers.ready();
    } else if (NEVER_AGAIN.includes(reply.code)) {
      this.logout();
      this._handlers.out(reply);
    } else {
      this.lastReason = reply.message;
      this.breakOff();
    }
  }

  #receive(text) {
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    if (typeof message.status !== "boolean") return this._handlers.pushed(message);
    const waiting = this.#waiting.get(message.id);
    if (waiting === undefined) return;
    this.#waiting.delete(message.id);
    clearTimeout(waiting.timer);
    if (!message.status && !waiting.params.validate) this._handlers.refused(waiting.cmd, message);
    waiting.done(message);
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { cmd, lost, timer } of waiting) {
      clearTimeout(timer);
      lost(new LineLost(cmd));
    }
  }

  #comeBack() {
    this.#fruitless += 1;
    this.#set(BROKEN);
    const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.#fruitless - 1));
    clearTimeout(this.#again);
    // At random, so that a room full of players does not come back in one instant.
    this.#again = setTimeout(() => this.#open(), longest * (0.5 + Math.random() / 2));
  }

  #set(state) {
    if (state === this.state) return;
    this.state = state;
    this._handlers.status(state);
  }
}
