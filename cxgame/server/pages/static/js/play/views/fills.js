// Every trade of the player's, newest first; older ones are asked for page by page.

import { byId, el, setText } from "../../dom.js";
import { clockOf, grouped, size } from "../../format.js";
import { mark } from "../fresh.js";

const MOST_SHOWN = 500;
const NEW_S = 3;

export function makeFills(account, desk) {
  const body = byId("fills").tBodies[0];
  const rows = new Map(); // fill and order id → element
  let shown = null; // the fills that stand there: another player and another game have their own
  byId("fills-older").addEventListener("click", () => desk.fills(false).catch(() => {}));

  return () => {
    if (account.fills !== shown) {
      shown = account.fills;
      rows.clear();
      body.replaceChildren();
    }
    const wanted = [...account.fills].sort(([, a], [, b]) => newer(a, b)).slice(0, MOST_SHOWN);
    const keys = new Set(wanted.map(([key]) => key));
    for (const [key, row] of rows) {
      if (keys.has(key)) continue;
      row.remove();
      rows.delete(key);
    }
    wanted.forEach(([key, fill], index) => {
      let row = rows.get(key);
      if (row === undefined) rows.set(key, (row = makeRow(fill, account)));
      if (body.children[index] === row) return;
      body.insertBefore(row, body.children[index] ?? null);
      if (fill.timestamp > account.now - NEW_S) mark(row);
    });
    byId("fills-empty").hidden = wanted.length > 0;
    byId("fills-older").hidden = !account.moreFills;
    setText(byId("fills-hint"), wanted.length === 0 ? "" : `${wanted.length} shown`);
  };
}

export function newer(a, b) {
  return Number(b.fill_id) - Number(a.fill_id) || Number(b.order_id) - Number(a.order_id);
}

// A fill never changes: its row is made once.
function makeRow(fill, account) {
  const buy = fill.side === "buy";
  const order = el("button", "link", fill.order_id);
  order.type = "button";
  order.setAttribute("aria-label", `Details of order ${fill.order_id}`);
  order.addEventListener("click", () => account.select(fill.order_id));
  const head = el("th", "", fill.fill_id);
  head.scope = "row";
  const row = el(
    "tr",
    "",
    head,
    el("td", "time", clockOf(fill.timestamp)),
    el("td", "symbol", fill.symbol),
    el("td", buy ? "turn buy" : "turn sell", buy ? "▲ buy" : "▼ sell"),
    el("td", "n price", grouped(fill.price)),
    el("td", "n size", size(fill.filled_size)),
    el("td", "n fee", size(fill.fee, 8)),
    el("td", "role", fill.role),
    el("td", "order", order),
  );
  row.dataset.fill = fill.fill_id;
  return row;
}
