// The server's own report, asked for each second. Faults of the network spare it.
//
// What somebody typed to see his account lives in a private member of this class and nowhere else.

const ADDRESS = "/api/monitor";
const EVERY_MS = 1000;
const PATIENCE_MS = 5000;

// handlers: report(report), refused(text), failed()
export class Reports {
  #shown = {}; // the header that says whose account is asked for
  #asking = false;

  constructor(handlers) {
    this._handlers = handlers;
  }

  start() {
    setInterval(() => this.ask(), EVERY_MS);
    this.ask();
  }

  show(kind, text) {
    this.#shown = kind === "session" ? { "X-Session-ID": text } : { Authorization: `Bearer ${text}` };
    return this.ask();
  }

  forget() {
    this.#shown = {};
    return this.ask();
  }

  async ask() {
    if (this.#asking) return;
    this.#asking = true;
    const headers = this.#shown;
    try {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const answer = await fetch(ADDRESS, { headers, signal, cache: "no-store" });
      const body = await answer.json();
      if (answer.ok) this._handlers.report(body);
      else this._refused(answer, body, headers);
    } catch {
      this._handlers.failed();
    }
    this.#asking = false;
  }

  _refused(answer, body, headers) {
    if (answer.status >= 500 || answer.status === 429) return this._handlers.failed(body.error);
    if (headers === this.#shown) this.#shown = {};
    this._handlers.refused(body.error);
  }
}
