// The tape: the latest trades of the market, newest first, and who made them.

import { byId, el, Rows, setText } from "../dom.js";
import { clockOf, grouped, size } from "../format.js";

const SHOWN = 60;
const RATE_S = 10;

export function makeTrades(store) {
  const rows = new Rows(byId("trades"), () => {
    const cells = ["way", "price", "size", "who", "time"].map((name) => el("td", name));
    const element = el("tr", "", ...cells);
    const [way, price, amount, who, time] = cells;
    return { element, way, price, amount, who, time, id: null };
  });

  const fill = (row, trade) => {
    if (row.id === trade.id) return;
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
  };

  return () => {
    const trades = store.market?.trades ?? [];
    rows.show(trades.slice(-SHOWN).reverse(), fill);
    setText(byId("rate"), `${perSecond(trades, store.now).toFixed(1)}/s`);
  };
}

function perSecond(trades, now) {
  let count = 0;
  for (let at = trades.length - 1; at >= 0 && trades[at].ts > now - RATE_S; at--) count += 1;
  return count / RATE_S;
}
