// What is owned: free, held, total, what it is worth, and its share; once more as a ring.

import { byId, el, Rows, setText } from "../../dom.js";
import { number } from "../../format.js";
import { owned } from "../words.js";

const SVG = "http://www.w3.org/2000/svg";
const RADIUS = 50;
const ROUND = 2 * Math.PI * RADIUS;
const GAP = 1.5;
const SLICES = 6; // as many looks as there are; what is smaller goes together

export function makePortfolio(account) {
  const rows = new Rows(byId("wallets").tBodies[0], makeRow);
  const ring = byId("donut");

  return () => {
    const { prices } = account;
    const sum = account.equity;
    const holdings = [...account.wallets].map(([asset, amounts]) => {
      const known = prices.priceOf(asset) !== null;
      const value = known ? prices.valueOf(asset, amounts.total) : null;
      return { asset, amounts, value, share: sum > 0 ? (value ?? 0) / sum : 0 };
    });
    // Cash first, then by name: in an order that stays, so that colours stay with their assets.
    holdings.sort((a, b) => (b.asset === prices.cash) - (a.asset === prices.cash) || (a.asset < b.asset ? -1 : 1));
    rows.show(holdings, (row, each, index) => fill(row, each, index, prices));
    setText(byId("equity"), account.wallets.size === 0 ? "–" : number(sum));
    setText(byId("portfolio-hint"), prices.cash && `in ${prices.cash}`);
    draw(ring, holdings.filter((each) => each.share > 0));
  };
}

function makeRow() {
  const swatch = el("i", "swatch");
  swatch.setAttribute("aria-hidden", "true");
  const name = el("span");
  const cells = ["free", "held", "total", "value", "share"].map((kind) => el("td", `n ${kind}`));
  const head = el("th", "", swatch, name);
  head.scope = "row";
  const element = el("tr", "", head, ...cells);
  return { element, swatch, name, cells };
}

function fill(row, { asset, amounts, value, share }, index, prices) {
  row.swatch.dataset.slice = String(Math.min(index, SLICES - 1));
  setText(row.name, asset);
  row.element.dataset.asset = asset;
  const [free, held, total, worth, part] = row.cells;
  for (const [cell, text] of [[free, amounts.free], [held, amounts.held], [total, amounts.total]]) {
    setText(cell, owned(asset, text, prices));
    cell.title = text; // all of it
  }
  setText(worth, value === null ? "–" : number(value));
  setText(part, `${(share * 100).toFixed(1)} %`);
}

function draw(ring, holdings) {
  const shares = holdings.slice(0, SLICES - 1).map((each) => each.share);
  if (holdings.length >= SLICES) shares.push(1 - shares.reduce((sum, each) => sum + each, 0));
  while (ring.children.length < shares.length) {
    const slice = document.createElementNS(SVG, "circle");
    for (const [name, value] of [["cx", 60], ["cy", 60], ["r", RADIUS]]) slice.setAttribute(name, value);
    slice.dataset.slice = String(ring.children.length);
    ring.append(slice);
  }
  let begun = 0;
  [...ring.children].forEach((slice, index) => {
    const part = (shares[index] ?? 0) * ROUND;
    const gap = shares.length > 1 ? Math.min(GAP, part / 2) : 0;
    slice.setAttribute("stroke-dasharray", `${Math.max(0, part - gap)} ${ROUND}`);
    slice.setAttribute("stroke-dashoffset", String(-begun));
    begun += part;
  });
  const words = holdings.map(({ asset, share }) => `${asset} ${(share * 100).toFixed(1)} %`);
  ring.setAttribute("aria-label", `Shares of the portfolio: ${words.join(", ") || "nothing"}`);
}
