// The lines of this page: whether they are there, how long the way is, what was lost.

import { Rows, byId, el, setText } from "../../dom.js";
import { BROKEN } from "../line.js";

const CELLS = ["state", "trip", "median", "slow", "share", "gaps", "breaks", "heard"];
const QUIET_S = 5; // something should have been said by then

export function makeLines(health) {
  const rows = new Rows(byId("lines").tBodies[0], make);
  return () => rows.show(Object.values(health.lines), fill);
}

function make() {
  const name = el("th");
  name.scope = "row";
  const cells = Object.fromEntries(CELLS.map((each) => [each, el("td", each === "state" ? each : `${each} n`)]));
  return { element: el("tr", "", name, ...Object.values(cells)), name, cells };
}

function fill({ name, cells }, line) {
  setText(name, line.name);
  cells.state.dataset.state = line.state;
  setText(cells.state, line.state);
  setText(cells.trip, ms(line.last));
  setText(cells.median, ms(line.quantile(0.5)));
  setText(cells.slow, ms(line.quantile(0.99)));
  show(cells.share, line.share === null ? "–" : `${(line.share * 100).toFixed(0)} %`, line.share < 1);
  show(cells.gaps, line.gaps === null ? "–" : String(line.gaps), line.gaps > 0);
  show(cells.breaks, String(line.breaks), line.breaks > 0);
  const silent = line.silentS;
  show(cells.heard, silent === null ? "–" : `${silent.toFixed(0)} s ago`, silent > QUIET_S || line.state === BROKEN);
}

function show(cell, text, bad) {
  setText(cell, text);
  cell.classList.toggle("bad", bad && text !== "–");
}

function ms(value) {
  return value === null ? "–" : `${value.toFixed(value < 100 ? 1 : 0)} ms`;
}
