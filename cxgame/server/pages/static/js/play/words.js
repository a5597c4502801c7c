// What an order is called, for people.

import { grouped, money, placesOf, size } from "../format.js";

const STATUS = { open: "open", filled: "filled", cancel: "cancelled", rejected: "rejected" };
const KINDS = { stop: "stop", take_profit: "take profit", trailing: "trailing stop" };
const EVENTS = {
  accepted: "Placed",
  triggered: "Its trigger has fired",
  filled: "Filled",
  reduced: "Cut, so as not to trade with its own team",
  amended: "Amended",
  cancelled: "Cancelled",
  expired: "Expired",
  rejected: "Rejected",
};

// An amount that is owned, as short as a table needs it: money to the cent, coins to six places.
export function owned(asset, text, prices) {
  return asset === prices.cash ? money(text) : size(text);
}

export function isBuy(order) {
  return order.side.startsWith("buy");
}

export function kindOf(order) {
  const kind = order.type ?? "limit";
  const force = order.time_in_force && order.time_in_force !== "gtc" ? ` ${order.time_in_force}` : "";
  return (order.trigger ? `${KINDS[order.trigger.kind] ?? order.trigger.kind} ` : "") + kind + force;
}

// As it was placed: a size, or a budget in money.
export function amountOf(order) {
  if (order.quantity !== null && order.quantity !== undefined) return size(order.quantity);
  return order.amount === undefined ? "–" : `for ${money(order.amount)}`;
}

// The average of some prices: to six places, or as many as the market's prices have.
export function averageOf(order, prices) {
  const { info } = prices.of(order.symbol);
  return size(order.average_price, Math.max(6, placesOf(info?.tick ?? "")));
}

export function statusOf(order) {
  if (order.status === "open" && order.trigger?.armed) return `waits for ${grouped(order.trigger.price)}`;
  if (order.status === "open" && Number(order.filled_size) > 0) return "partly filled";
  return STATUS[order.status] ?? order.status;
}

export function eventOf(frame) {
  const said = EVENTS[frame.event] ?? frame.event;
  const why = frame.reason ?? frame.comment;
  if (frame.event === "accepted" && frame.order.trigger?.armed) return "Armed: it waits for its trigger";
  return why ? `${said}: ${why}` : said;
}
