// What the exchange answers to an order, tried or placed, in sentences.

import { grouped, size } from "../format.js";
import { averageOf } from "./words.js";

export function outcomeOf(reply, params, prices) {
  if (!reply.status) return [`Refused: ${reply.message}`];
  const order = reply.data;
  const info = prices.of(order.symbol).info;
  const [base, quote] = [info?.base ?? "", info?.quote ?? ""];
  const verb = params.side === "buy" ? "Buys" : "Sells";
  if (order.trigger?.armed) return armed(order, params, base);
  const lines = [];
  if (Number(order.filled_size) > 0) {
    lines.push(`${verb} ${size(order.filled_size)} ${base} at ${averageOf(order, prices)} on average, fee ${size(order.fee, 8)} ${quote}.`);
  }
  lines.push(...rest(order, base));
  return lines;
}

function armed(order, params, base) {
  const { kind, by, price, trail } = order.trigger;
  const watched = by === "mid" ? "market price" : "price of the last trade";
  const follows = kind === "trailing" ? ` It follows at ${trail ?? `${params.trail_percent} %`}.` : "";
  const what = order.quantity === null ? `for ${grouped(order.amount)}` : `${size(order.quantity)} ${base}`;
  return [
    `Waits, unseen by others, until the ${watched} reaches ${grouped(price)}.${follows}`,
    `Then a ${order.type} order comes to the market: ${params.side} ${what}.`,
  ];
}

function rest(order, base) {
  const left = Number(order.size ?? 0);
  if (order.status === "open" && order.type === "limit") {
    return [`${size(order.size)} ${base} ${left < Number(order.quantity) ? "of it rest" : "rest"} in the book at ${grouped(order.price)}.`];
  }
  if (order.status === "open") return ["It waits for its turn."];
  if (order.status === "cancel" && Number(order.filled_size) > 0) return ["What is left of it is cancelled."];
  if (order.status === "cancel") return ["It finds nobody, and is cancelled."];
  return order.status === "filled" ? ["It is filled completely."] : [`It is ${order.status}.`];
}
