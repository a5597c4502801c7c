// How good the line is: the round trip of a question, the server's part of it, and what was refused.

import { byId, el } from "../../dom.js";
import { clockOf } from "../../format.js";
import { showFigures } from "./figures.js";

const SHOWN = 30;

export function makeQuality(account) {
  const list = byId("refusals");
  let shown = null;

  return () => {
    const { trips, limits } = account;
    const last = trips.at(-1);
    const sorted = trips.map((trip) => trip.ms).sort((a, b) => a - b);
    showFigures(byId("quality"), [
      ["Round trip", last ? `${last.ms.toFixed(1)} ms` : "–"],
      ["Median", sorted.length > 0 ? `${sorted[Math.floor(sorted.length / 2)].toFixed(1)} ms` : "–"],
      ["In the server", last ? `${last.server} ms` : "–"],
      ["Refusals a minute", String(account.refusedLately), account.refusedLately > 0 ? "bad" : ""],
      limits?.rate && ["Messages left", `${limits.rate.remaining}, +${limits.rate.per_s}/s`],
      limits?.orders && ["Open orders", `${limits.orders.open} of ${limits.orders.most}`],
    ]);
    const newest = account.refusals[0] ?? null;
    if (newest === shown) return;
    shown = newest;
    list.replaceChildren(...account.refusals.slice(0, SHOWN).map(line));
  };
}

function line({ ts, cmd, code, message }) {
  const said = el("span", "text", message, " ", el("code", "", code ?? ""));
  return el("li", "", el("time", "", clockOf(ts)), el("b", "", cmd), said);
}
