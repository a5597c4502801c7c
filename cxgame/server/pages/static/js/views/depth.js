// The depth chart: how much could be sold or bought down or up to each price.

import { byId, sharp } from "../dom.js";
import { grouped, size } from "../format.js";
import { colours } from "../look.js";

const HEAD = 1.15; // the highest step leaves room above it
const SIDE = 0.03; // and the outermost ones beside it, as a share of the width

export function makeDepth(store) {
  const canvas = byId("depth");
  return () => {
    const paper = sharp(canvas);
    if (paper === null) return;
    const book = store.market?.book;
    const bids = steps(book?.bids ?? []);
    const asks = steps(book?.asks ?? []);
    if (bids.length + asks.length === 0) return note(paper, alone(store));
    draw(paper, bids, asks);
  };
}

// Who is there without orders: perhaps the house, which stands in no book.
function alone({ house, market }) {
  if (!house || !market?.quote) return "No orders";
  return `The house alone: ${grouped(market.quote.bid)} / ${grouped(market.quote.ask)}`;
}

function steps(levels) {
  let sum = 0;
  return levels.map(([price, amount]) => ({ price: Number(price), text: price, sum: (sum += Number(amount)) }));
}

function draw({ context, width, height }, bids, asks) {
  const look = colours();
  const pad = look.size * 1.8;
  const floor = height - pad;
  const prices = [...bids, ...asks].map((step) => step.price);
  const low = Math.min(...prices);
  const high = Math.max(...prices);
  const most = Math.max(bids.at(-1)?.sum ?? 0, asks.at(-1)?.sum ?? 0) * HEAD || 1;
  const x = (price) => (high === low ? width / 2 : (SIDE + (1 - 2 * SIDE) * ((price - low) / (high - low))) * width);
  const y = (sum) => floor - (sum / most) * (floor - 4);

  area(context, bids, x, y, floor, 0, look.buy);
  area(context, asks, x, y, floor, width, look.sell);
  context.fillStyle = look.dim;
  context.font = `${look.size}px ${look.font}`;
  context.textBaseline = "bottom";
  label(context, bids.at(-1)?.text ?? asks[0].text, 2, height - 2, "left");
  label(context, asks.at(-1)?.text ?? bids[0].text, width - 2, height - 2, "right");
  context.textBaseline = "top";
  if (bids.length > 0) label(context, total(bids), 4, 2, "left");
  if (asks.length > 0) label(context, total(asks), width - 4, 2, "right");
}

// A staircase from the best price outwards, to the edge of the picture.
function area(context, levels, x, y, floor, edge, colour) {
  if (levels.length === 0) return;
  const line = new Path2D();
  let before = 0;
  line.moveTo(x(levels[0].price), floor);
  for (const level of levels) {
    line.lineTo(x(level.price), y(before));
    line.lineTo(x(level.price), y(level.sum));
    before = level.sum;
  }
  line.lineTo(edge, y(levels.at(-1).sum));
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.stroke(line);
  line.lineTo(edge, floor);
  line.closePath();
  context.globalAlpha = 0.22;
  context.fillStyle = colour;
  context.fill(line);
  context.globalAlpha = 1;
}

// A sum of floats is a hair beside itself, and would be cut below: 0.7 + 0.1 is no 0.79.
function total(levels) {
  return size(levels.at(-1).sum.toFixed(10), 2);
}

function label(context, text, x, y, align) {
  context.textAlign = align;
  context.fillText(grouped(text), x, y);
}

function note({ context, width, height }, text) {
  const look = colours();
  context.fillStyle = look.dim;
  context.font = `${look.size}px ${look.font}`;
  context.textAlign = "center";
  context.fillText(text, width / 2, height / 2);
}
