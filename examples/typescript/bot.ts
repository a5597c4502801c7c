// A bot in TypeScript: it enters, keeps the order book, buys from the best offer, tells its fills.
//
//   node bot.ts     (22.18 or later; also `deno run -A bot.ts` and `bun bot.ts`)
//
// CXGAME_URI names the exchange, CXGAME_USER and CXGAME_TOKEN the player; no library is needed.

type Level = [price: string, size: string]; // prices, sizes and ids are text: they are exact
type Depth = { type: "depth_snapshot" | "depth"; symbol: string; seq: number; prev_seq?: number;
  bids: Level[]; asks: Level[]; checksum: number };
type Order = { id: string; status: "open" | "filled" | "cancel"; filled_size: string; cid?: string };
type Execution = { type: "execution"; seq: number; event: string; order: Order;
  fill?: { price: string; size: string; side: string; role: string; fee: string } };
type Reply = { id: number; status: boolean; message: string; data: any; code?: string };

declare const process: { env: Record<string, string | undefined>; exit(status: number): never };
const { CXGAME_URI = "ws://127.0.0.1:9877", CXGAME_TOKEN } = process.env;
// A name is its first owner's: a new one for each run, unless you bring yours.
const { CXGAME_USER = `typescript-${crypto.randomUUID().slice(0, 8)}` } = process.env;

class Client {
  #socket: WebSocket;
  #waiting = new Map<number, (reply: Reply) => void>();
  #lastId = 0;

  constructor(uri: string, onFrame: (frame: any) => void, onClose: (reason: string) => void) {
    this.#socket = new WebSocket(uri);
    this.#socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if ("type" in message) onFrame(message); // pushed: it never has an id
      else this.#waiting.get(message.id)?.(message), this.#waiting.delete(message.id);
    };
    this.#socket.onclose = ({ code, reason }) => onClose(`${code} ${reason}`);
    this.#socket.onerror = () => console.error(`Nothing listens at ${uri}.`);
  }

  opened = () => new Promise((done) => (this.#socket.onopen = done));
  close = () => this.#socket.close(1000);

  ask(cmd: string, params: object = {}): Promise<Reply> {
    const id = ++this.#lastId;
    this.#socket.send(JSON.stringify({ cmd, params, id }));
    return new Promise((done) => this.#waiting.set(id, done)); // replies come in order, with our id
  }
}

class Book {
  bids = new Map<string, string>();
  asks = new Map<string, string>();
  #seq = -1; // no snapshot yet

  best = (side: "bids" | "asks", levels = 1): Level[] =>
    [...this[side]].sort(([a], [b]) => (side === "asks" ? +a - +b : +b - +a)).slice(0, levels);

  /** Take in a frame. False: something is missing or wrong, and a new snapshot is needed. */
  take(frame: Depth): boolean {
    if (frame.type === "depth_snapshot") this.bids.clear(), this.asks.clear();
    else if (frame.prev_seq !== this.#seq) return false;
    for (const side of ["bids", "asks"] as const)
      for (const [price, size] of frame[side])
        if (size === "0") this[side].delete(price);
        else this[side].set(price, size);
    this.#seq = frame.seq;
    return crc32(this.#text()) === frame.checksum;
  }

  #text(): string {
    const [bids, asks] = [this.best("bids", 10), this.best("asks", 10)];
    const rows = Array.from({ length: 10 }, (_, row) => [...(bids[row] ?? []), ...(asks[row] ?? [])]);
    return rows.flat().join(":");
  }
}

function crc32(text: string): number {
  let crc = -1;
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

const book = new Book();
const client = new Client(CXGAME_URI, onFrame, (reason) => console.log(`Closed: ${reason}`));
let order: Promise<Reply> | undefined;

function onFrame(frame: Depth | Execution | { type: "other" }): void {
  if (frame.type === "depth_snapshot" || frame.type === "depth") {
    if (book.take(frame)) return buyOnce(frame.symbol);
    console.log("The book is not the exchange's: asking for it again.");
    void client.ask("resync", { symbol: frame.symbol });
  } else if (frame.type === "execution" && frame.fill) {
    const { side, size, price, role, fee } = frame.fill;
    console.log(`Fill: ${side} ${size} at ${price} as ${role}, fee ${fee}.`);
  } // types that are not known are passed over: there may be new ones
}

function buyOnce(symbol: string): void {
  const [[price, size] = []] = book.best("asks");
  if (order || !price) return;
  console.log(`Best offer: ${size} at ${price}.`);
  const cid = crypto.randomUUID(); // sent again after a lost reply, it is the same order
  const terms = { side: "buy", type: "limit", price, size: "0.01", time_in_force: "ioc" };
  order = client.ask("order", { symbol, cid, ...terms });
  void order.then(({ message, data }) => {
    console.log(`${message} ${data?.status ?? ""}`), client.close();
  });
}

await client.opened();
const token = CXGAME_TOKEN ?? crypto.randomUUID().replaceAll("-", "").repeat(2);
const entered = await client.ask("register", { username: CXGAME_USER, token });
console.log(entered.message);
if (!entered.status) process.exit(1);
const [market] = (await client.ask("markets")).data;
await client.ask("subscribe", { channels: ["executions"] });
console.log((await client.ask("subscribe", { channels: ["depth"], symbol: market.symbol })).message);
