// How much is going on: messages and orders a second over two minutes, and the last figures.

import { byId, sharp } from "../../dom.js";
import { colours } from "../../look.js";
import { number } from "../../format.js";
import { showFigures } from "../../play/views/figures.js";

const SPAN_S = 120;
const DASHES = [5, 4]; // orders are told from messages by the line's form, too

export function makeThroughput(health) {
  const canvas = byId("throughput");
  return () => {
    const { report, rates } = health;
    const last = rates.at(-1);
    showFigures(byId("rates"), [
      ["Messages/s", report === null ? "–" : number(report.messages_per_s, 1)],
      ["Requests/s", last ? number(last.requests, 1) : "–"],
      ["Orders/s", last ? number(last.orders, 1) : "–"],
      ["Trades/s", last ? number(last.trades, 1) : "–"],
      ["Feed frames/s", String(health.framesPerS)],
      ["Refusals/min", report === null ? "–" : String(report.refusals_per_min), report?.refusals_per_min > 0 ? "bad" : ""],
      ["Open orders", report === null ? "–" : number(report.open_orders, 0)],
    ]);
    const paper = sharp(canvas);
    if (paper !== null) draw(paper, rates);
  };
}

function draw({ context, width, height }, rates) {
  const look = colours();
  const most = Math.max(1, ...rates.map((rate) => Math.max(rate.messages, rate.orders))) * 1.1;
  const end = rates.at(-1)?.ts ?? 0;
  const foot = height - 4;
  const x = (ts) => width - ((end - ts) / SPAN_S) * width;
  const y = (value) => foot - (value / most) * (foot - look.size * 1.6);
  context.strokeStyle = look.line;
  context.strokeRect(0, foot, width, 0);
  line(context, rates.map((rate) => [x(rate.ts), y(rate.messages)]), look.buy, []);
  line(context, rates.map((rate) => [x(rate.ts), y(rate.orders)]), look.sell, DASHES);
  context.fillStyle = look.dim;
  context.font = `${look.size}px ${look.font}`;
  context.textBaseline = "top";
  context.textAlign = "left";
  context.fillText(`${number(most, most < 10 ? 1 : 0)}/s`, 6, 3);
}

function line(context, points, colour, dashes) {
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.setLineDash(dashes);
  context.beginPath();
  for (const [left, top] of points) context.lineTo(left, top);
  context.stroke();
  context.setLineDash([]);
}
