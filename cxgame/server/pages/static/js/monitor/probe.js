// A line to the order server that asks for the time, to see how long the way is. It logs nobody in.

const EVERY_MS = 2000;
const PATIENCE_MS = 8000; // for an answer: then the line is given up
const FIRST_DELAY_MS = 400;
const LONGEST_DELAY_MS = 10_000;

export class Probe {
  constructor(uri, line, changed) {
    this._uri = uri;
    this._line = line;
    this._changed = changed;
    this._socket = null;
    this._asked = null; // {id, at} of the question that is under way
    this._nextId = 1;
    this._fruitless = 0;
    setInterval(() => this._ask(), EVERY_MS);
  }

  open() {
    let socket;
    try {
      socket = new WebSocket(this._uri);
    } catch {
      return this._again(); // an address that no browser takes
    }
    this._socket = socket;
    const mine = () => socket === this._socket;
    socket.onopen = () => mine() && this._ask();
    socket.onmessage = (event) => mine() && this._receive(event.data);
    socket.onclose = () => mine() && this.drop();
  }

  // Break the connection, as a network does; it comes back by itself.
  drop() {
    const socket = this._socket;
    this._socket = null;
    socket?.close();
    if (this._asked !== null) this._line.unanswered();
    this._asked = null;
    this._again();
  }

  _ask() {
    if (this._socket?.readyState !== WebSocket.OPEN) return;
    const now = performance.now();
    if (this._asked !== null) {
      if (now - this._asked.at > PATIENCE_MS) this.drop();
      return;
    }
    this._asked = { id: this._nextId++, at: now };
    this._socket.send(JSON.stringify({ cmd: "time", params: {}, id: this._asked.id }));
  }

  _receive(text) {
    let reply;
    try {
      reply = JSON.parse(text);
    } catch {
      return;
    }
    if (this._asked === null || reply?.id !== this._asked.id) return;
    this._fruitless = 0;
    this._line.answered(performance.now() - this._asked.at);
    this._asked = null;
    this._changed();
  }

  _again() {
    this._fruitless += 1;
    this._line.broke();
    this._changed();
    const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (this._fruitless - 1));
    setTimeout(() => this.open(), longest * (0.5 + Math.random() / 2));
  }
}
