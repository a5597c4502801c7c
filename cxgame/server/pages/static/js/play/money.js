// What was paid in and out, the fees, and what became of an order in the past: the server's REST
// face knows it, where there is one.
// Asked with the player's token in a header, never in an address.

const EVERY_MS = 10_000;
const SOON_MS = 3000; // a bot that trades all the time is not asked for each of its trades

export class Money {
  constructor(config, link, account) {
    this._link = link;
    this._account = account;
    this._on = config.rest === true;
    this._soon = null; // a timer
    setInterval(() => this.refresh(), EVERY_MS);
  }

  // Something was traded, paid in or out.
  soon() {
    this._soon ??= setTimeout(() => this.refresh(), SOON_MS);
  }

  // The steps of an order, [{ts, status, price, filled, comment}]; null where nobody knows them.
  async stepsOf(id) {
    if (!this._on || !this._link.hasToken) return null;
    const order = await this._get(`/orders/${encodeURIComponent(id)}?include_history=true`);
    return order === null ? null : Object.values(order.history);
  }

  async refresh() {
    clearTimeout(this._soon);
    this._soon = null;

    if (!this._on || this._link.state !== "live" || !this._link.hasToken) return;
    const user = this._link.user;
    const [sums, detail, trades] = await Promise.all([
      this._get("/overview/capital"),
      this._get("/overview/capital?aggregation=false"),
      this._get("/overview/trades"),
    ]);
    if (sums === null || detail === null || trades === null) return;
    if (this._link.user !== user) return; // another player meanwhile
    this._account.setMoney({
      equity: sums.equity,
      deposits: sums.deposits,
      withdrawals: sums.withdrawals,
      flows: detail.investment_assets,
      trades: sumOf(trades, "count"),
      fees: sumOf(trades, "fee", (asset, amount) => this._account.prices.valueOf(asset, amount)),
    });
  }

  async _get(path) {
    try {
      const headers = { "X-API-Key": this._link.revealToken() ?? "" };
      const answer = await fetch(path, { headers, cache: "no-store", credentials: "omit" });
      return answer.ok ? await answer.json() : null;
    } catch {
      return null; // away: the next time
    }
  }
}

// The multiples of an investment: what is left of each unit paid in, what came back, both.
export function multiples({ equity, deposits, withdrawals }) {
  if (!(deposits > 0)) return null;
  const rvpi = equity / deposits;
  const dpi = withdrawals / deposits;
  return { rvpi, dpi, tvpi: rvpi + dpi };
}

// Over both sides and all markets; `value` says what an amount of an asset counts.
function sumOf(trades, measure, value = (_, amount) => Number(amount)) {
  let sum = 0;
  for (const side of Object.values(trades)) {
    for (const quotes of Object.values(side[measure])) {
      for (const [asset, text] of Object.entries(quotes)) sum += value(asset, text);
    }
  }
  return sum;
}
