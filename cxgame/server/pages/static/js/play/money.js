// What was paid in and out, and the fees: the server's REST face knows them, where there is one.
// Asked with the player's token in a header, never in an address.

const EVERY_MS = 10_000;

export class Money {
  constructor(config, link, account) {
    this._link = link;
    this._account = account;
    this._on = config.rest === true;
    this._lastAsked = -Infinity;
    setInterval(() => this.refresh(), EVERY_MS);
  }

  async refresh() {
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
      fees: feesOf(trades),
      trades: countOf(trades),
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

// Fees by the asset in which they were paid.
function feesOf(trades) {
  const fees = new Map();
  for (const side of Object.values(trades)) {
    for (const quotes of Object.values(side.fee)) {
      for (const [asset, text] of Object.entries(quotes)) {
        fees.set(asset, (fees.get(asset) ?? 0) + Number(text));
      }
    }
  }
  return fees;
}

function countOf(trades) {
  let count = 0;
  for (const side of Object.values(trades)) {
    for (const quotes of Object.values(side.count)) {
      for (const text of Object.values(quotes)) count += Number(text);
    }
  }
  return count;
}
