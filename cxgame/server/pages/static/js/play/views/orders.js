// The player's orders: open ones, ended ones, both; the newest are marked and fade.

import { byId, el, offer, setClass, setText, whenClicked } from "../../dom.js";
import { clockOf, grouped, size } from "../../format.js";
import { mark } from "../fresh.js";
import { amountOf, isBuy, kindOf, statusOf } from "../words.js";

const SURE_MS = 4000; // within which "cancel all" must be pressed again
const MOST_SHOWN = 500;

export function makeOrders(account, desk) {
  const body = byId("orders").tBodies[0];
  const [status, side, type, symbol] = ["status", "side", "type", "symbol"].map((name) => {
    const select = byId(`f-${name}`);
    select.addEventListener("change", () => draw());
    return select;
  });
  const rows = new Map(); // id → {element, ...}
  byId("orders-older").addEventListener("click", () => desk.orders(false).catch(() => {}));
  wireCancelAll(account, desk, { side, symbol });

  function chosen() {
    const open = status.value === "ended" ? [] : [...account.open.values()];
    const ended = status.value === "open" ? [] : [...account.ended.values()];
    return [...open, ...ended]
      .filter((row) => side.value === "" || isBuy(row) === (side.value === "buy"))
      .filter((row) => symbol.value === "" || row.symbol === symbol.value)
      .filter((row) => type.value === "" || (type.value === "trigger" ? row.trigger : row.type === type.value))
      .sort((a, b) => Number(b.id) - Number(a.id))
      .slice(0, MOST_SHOWN);
  }

  function draw() {
    const markets = [...account.prices.markets.keys()].map((each) => [each, each]);
    offer(symbol, [["", "All markets"], ...markets]);
    const wanted = chosen();
    const ids = new Set(wanted.map((row) => row.id));
    for (const [id, row] of rows) {
      if (ids.has(id)) continue;
      row.element.remove();
      rows.delete(id);
    }
    wanted.forEach((order, index) => {
      let row = rows.get(order.id);
      if (row === undefined) rows.set(order.id, (row = makeRow(order.id, account, desk)));
      if (body.children[index] !== row.element) body.insertBefore(row.element, body.children[index] ?? null);
      fill(row, order, account);
    });
    account.fresh.clear();
    byId("orders-empty").hidden = wanted.length > 0;
    byId("orders-older").hidden = status.value === "open" || !account.moreEnded;
    byId("cancel-all").disabled = account.open.size === 0;
    setText(byId("orders-heading"), `Orders (${account.open.size} open)`);
  }

  return draw;
}

function makeRow(id, account, desk) {
  const open = el("button", "link", id);
  open.type = "button";
  open.setAttribute("aria-label", `Details of order ${id}`);
  open.addEventListener("click", () => account.select(id));
  const cancel = el("button", "plain", "Cancel");
  cancel.type = "button";
  cancel.setAttribute("aria-label", `Cancel order ${id}`);
  whenClicked(cancel, () => {
    cancel.disabled = true;
    desk.cancel(id).catch(() => {}).finally(() => (cancel.disabled = false));
  });
  const cells = Object.fromEntries(
    ["time", "symbol", "side", "kind", "price", "size", "done", "status"].map((name) => {
      const number = ["price", "size", "done"].includes(name) ? "n " : "";
      return [name, el("td", number + name)];
    }),
  );
  const head = el("th", "", open);
  head.scope = "row";
  const element = el("tr", "", head, ...Object.values(cells), el("td", "act", cancel));
  element.dataset.order = id;
  return { element, cancel, cells };
}

function fill(row, order, account) {
  const { cells, element } = row;
  const buy = isBuy(order);
  setText(cells.time, clockOf(order.timestamp));
  setText(cells.symbol, order.symbol);
  cells.side.className = buy ? "turn buy" : "turn sell";
  setText(cells.side, buy ? "▲ buy" : "▼ sell");
  setText(cells.kind, kindOf(order));
  setText(cells.price, order.price === null ? "–" : grouped(order.price));
  setText(cells.size, amountOf(order));
  setText(cells.done, size(order.filled_size));
  setText(cells.status, statusOf(order));
  row.cancel.hidden = order.status !== "open";
  setClass(element, "chosen", account.selected === order.id);
  if (account.fresh.has(order.id)) mark(element);
}

// Two presses: the first one asks.
function wireCancelAll(account, desk, { side, symbol }) {
  const button = byId("cancel-all");
  let timer = null;
  const concerned = () =>
    [...account.open.values()]
      .filter((row) => side.value === "" || isBuy(row) === (side.value === "buy"))
      .filter((row) => symbol.value === "" || row.symbol === symbol.value);
  const calm = () => {
    clearTimeout(timer);
    timer = null;
    setText(button, "Cancel all");
  };
  whenClicked(button, async () => {
    if (timer === null) {
      setText(button, `Sure? All ${concerned().length}`);
      timer = setTimeout(calm, SURE_MS);
      return;
    }
    calm();
    const filter = {};
    if (side.value) filter.side = side.value;
    if (symbol.value) filter.symbol = symbol.value;
    await desk.cancelAll(filter).catch(() => {});
  });
}
