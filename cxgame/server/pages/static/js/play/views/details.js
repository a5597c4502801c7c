// One order: what it is, what happened to it step by step, and its trades.

import { byId, el, setText } from "../../dom.js";
import { clockOf, grouped, plain, size } from "../../format.js";
import { amountOf, averageOf, eventOf, isBuy, kindOf, statusOf } from "../words.js";
import { newer } from "./fills.js";
import { showFigures } from "./figures.js";

export function makeDetails(account, desk, money) {
  let asked = null; // the order whose past was asked for last, and after which login
  let past = null; // what the server told of it

  async function ask(order, now) {
    asked = now;
    past = null;
    try {
      const steps = await money.stepsOf(order.id);
      if (asked === now) past = steps;
      await desk.fillsOf(order);
    } catch {
      asked = null; // the line broke: once more, later
    }
  }

  return () => {
    const order = account.selected === null ? null : account.orderOf(account.selected);
    byId("details").hidden = order === null;
    byId("details-empty").hidden = order !== null;
    if (account.selected !== null && order === null) {
      setText(byId("details-empty"), "This order is not among those that are shown: ask for older ones.");
    }
    setText(byId("details-hint"), order === null ? "" : `${order.id} · ${order.symbol}`);
    if (order === null) return (asked = null);
    const now = `${order.id} ${account.tellings}`; // what happened while the line was broken is missing
    if (asked !== now) ask(order, now);
    const fills = account.fillsOf(order.id).sort(newer);
    showFigures(byId("details-facts"), factsOf(order, account.prices));
    byId("details-steps").replaceChildren(...stepsOf(order, fills, account, past).map(line));
    byId("details-trades").tBodies[0].replaceChildren(...fills.map(tradeRow));
    byId("details-trades").hidden = fills.length === 0;
    byId("details-none").hidden = fills.length > 0;
  };
}

function factsOf(order, prices) {
  const facts = [
    ["Side", isBuy(order) ? "▲ buy" : "▼ sell", isBuy(order) ? "buy" : "sell"],
    ["Type", kindOf(order)],
    ["Status", statusOf(order)],
    ["Price", order.price === null ? "market" : grouped(order.price)],
    ["Size", amountOf(order)],
    ["Filled", size(order.filled_size)],
    ["Average", order.average_price === null ? "–" : averageOf(order, prices)],
    ["Fee", size(order.fee, 8)],
  ];
  if (order.expires) facts.push(["Expires", clockOf(order.expires)]);
  if (order.trigger) facts.push(["Trigger", `${grouped(order.trigger.price)} by ${order.trigger.by}`]);
  if (order.cid) facts.push(["cid", order.cid]);
  return facts;
}

// What was pushed since it was placed. Of an order from before that: what the server tells of its
// past and was pushed since, or else what its placing and its fills tell.
function stepsOf(order, fills, account, past) {
  const seen = account.events.get(order.id) ?? [];
  if (past !== null && seen[0]?.event !== "accepted") {
    const newest = past.at(-1)?.ts ?? 0;
    const since = seen.filter((frame) => Math.round(frame.ts * 1000) > newest);
    return [...past.map(pastStep), ...since.map(seenStep)];
  }
  const told = new Set(seen.filter((each) => each.fill).map((each) => each.fill.trade_id));
  const steps = seen.map(seenStep);
  for (const fill of fills) {
    if (told.has(fill.fill_id)) continue;
    steps.push({ ts: fill.timestamp, text: fillText(fill.filled_size, fill.price, fill.role) });
  }
  if (!seen.some((frame) => frame.event === "accepted")) {
    steps.push({ ts: order.timestamp, text: "Placed", first: true });
  }
  steps.sort((a, b) => Number(b.first ?? 0) - Number(a.first ?? 0) || a.ts - b.ts);
  if (order.status !== "open" && !seen.some((frame) => frame.order.status !== "open")) {
    steps.push({ ts: null, text: `Ended: ${statusOf(order)}` });
  }
  return steps;
}

function seenStep(frame) {
  const { fill } = frame;
  return { ts: frame.ts, text: fill ? fillText(fill.size, fill.price, fill.role) : eventOf(frame) };
}

function pastStep({ ts, status, price, actual_filled: filled, comment }) {
  if (filled > 0) return { ts: ts / 1000, text: `Filled ${size(plain(filled))} at ${grouped(plain(price))}` };
  const said = PAST[status.replace("partially_", "")] ?? status;
  return { ts: ts / 1000, text: comment ? `${said}: ${comment}` : said };
}

const PAST = {
  new: "Placed",
  filled: "Filled",
  canceled: "Cancelled",
  expired: "Expired",
  rejected: "Rejected",
};

function fillText(amount, price, role) {
  return `Filled ${size(amount)} at ${grouped(price)} as ${role}`;
}

function line({ ts, text }) {
  return el("li", "", el("time", "", ts === null ? "" : clockOf(ts)), el("span", "text", text));
}

function tradeRow(fill) {
  const head = el("th", "", fill.fill_id);
  head.scope = "row";
  return el(
    "tr",
    "",
    head,
    el("td", "", clockOf(fill.timestamp)),
    el("td", "n", grouped(fill.price)),
    el("td", "n", size(fill.filled_size)),
    el("td", "n", size(fill.fee, 8)),
  );
}
