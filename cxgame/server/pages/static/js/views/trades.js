// The tape: the latest trades of the market, newest first, and who made them.

import { byId, el, setText, setVar } from "../dom.js";
import { clockOf, digitsOf, grouped, size } from "../format.js";

const SHOWN = 60;
const RATE_S = 10;

export function makeTrades(store) {
  const body = byId("trades");
  let rows = []; // as they stand on the page, newest first
  let shown = null; // the market

  return () => {
    const market = store.market;
    if (market !== shown) {
      shown = market;
      rows = [];
      body.replaceChildren();
    }
    const trades = market?.trades ?? [];
    for (const trade of trades.slice(trades.length - unseen(trades, rows[0]?.id))) {
      // The oldest row becomes the newest: nothing is built and no other row is touched.
      const row = rows.length < SHOWN ? makeRow() : rows.pop();
      fill(row, trade);
      rows.unshift(row);
      body.prepend(row.element);
    }
    setVar(body, "--digits", String(Math.max(0, ...rows.map((row) => digitsOf(row.price.textContent)))));
    setText(byId("rate"), `${perSecond(trades, store.now).toFixed(1)}/s`);
  };
}

// How many of the latest trades are not on the page yet, as far as they fit.
function unseen(trades, newest) {
  const most = Math.min(SHOWN, trades.length);
  let count = 0;
  while (count < most && trades[trades.length - 1 - count].id !== newest) count += 1;
  return count;
}

function makeRow() {
  const cells = ["way", "price", "size", "who", "time"].map((name) => el("td", name));
  const [way, price, amount, who, time] = cells;
  return { element: el("tr", "", ...cells), way, price, amount, who, time, id: null };
}

function fill(row, trade) {
  row.id = trade.id;
  const buys = trade.side === "buy";
  row.element.dataset.trade = trade.id;
  row.element.className = buys ? "buy" : "sell";
  setText(row.way, buys ? "▲" : "▼");
  setText(row.price, grouped(trade.priceText));
  setText(row.amount, size(trade.sizeText, 4));
  const [taker, maker] = buys ? [trade.buyer, trade.seller] : [trade.seller, trade.buyer];
  setText(row.who, taker === null && maker === null ? "" : `${taker ?? "…"} › ${maker ?? "…"}`);
  setText(row.time, clockOf(trade.ts));
}

function perSecond(trades, now) {
  let count = 0;
  for (let at = trades.length - 1; at >= 0 && trades[at].ts > now - RATE_S; at--) count += 1;
  return count / RATE_S;
}
