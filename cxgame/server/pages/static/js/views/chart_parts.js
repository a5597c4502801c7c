// What both charts have in common.

import { clockOf } from "../format.js";

export const SHOWN_TRADES = 200;

// With the value that changes hands, but slowly: one great trade must not hide the others.
export function tradeRadius(trade) {
  return 1 + Math.min(4, Math.log10(1 + trade.price * trade.size) * 0.7);
}

export function axisTime(time, intervalS) {
  const clock = clockOf(time);
  return intervalS < 60 ? clock : clock.slice(0, 5);
}
