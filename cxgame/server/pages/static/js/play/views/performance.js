// How the player does: the equity over time, and the figures of an investment.

import { byId, setText, sharp } from "../../dom.js";
import { clockOf, number, signed } from "../../format.js";
import { colours } from "../../look.js";
import { multiples } from "../money.js";
import { showFigures } from "./figures.js";

const MARGIN = { top: 8, bottom: 20, left: 8, right: 76 };
const MOST_POINTS = 600;

export function makePerformance(account) {
  const canvas = byId("curve");

  return () => {
    const { samples, money } = account;
    const figures = figuresOf(samples, money, account);
    showFigures(byId("figures"), figures);
    setText(byId("performance-hint"), samples.length > 0 ? `since ${clockOf(samples[0].ts)}` : "");
    const words = figures.slice(0, 4).map(([word, text]) => `${word} ${text}`).join(", ");
    canvas.setAttribute("aria-label", `Equity over time: ${words}`);
    const board = sharp(canvas);
    if (board !== null && samples.length > 0) draw(board, samples);
  };
}

function figuresOf(samples, money, account) {
  if (account.wallets.size === 0) return [];
  const now = account.equity;
  const paid = money !== null && money.deposits > 0;
  const gain = paid ? now - money.deposits + money.withdrawals : now - (samples[0]?.value ?? now);
  const basis = paid ? money.deposits : (samples[0]?.value ?? now);
  const { deepest, current } = drawdown(samples);
  const times = multiples({ equity: now, deposits: money?.deposits, withdrawals: money?.withdrawals });
  const way = gain > 0 ? "buy" : gain < 0 ? "sell" : "";
  return [
    ["Equity", number(now)],
    ["P&L", signed(gain), way, paid ? "Equity, less what was paid in, plus what was paid out" : "Since the curve begins"],
    ["Return", basis > 0 ? `${signed((gain / basis) * 100)} %` : "–", way],
    ["Drawdown", `${(current * 100).toFixed(2)} %`, "", "Below the highest equity so far"],
    ["Deepest", `${(deepest * 100).toFixed(2)} %`, "", "The largest drawdown so far"],
    ...activity(money, account),
    paid && ["Deposits", number(money.deposits), "", flowsText(money.flows, "deposits")],
    paid && ["Withdrawals", number(money.withdrawals), "", flowsText(money.flows, "withdrawals")],
    times && ["RVPI", `${times.rvpi.toFixed(3)} ×`, "", "Remaining value to paid in: equity ÷ deposits"],
    times && ["DPI", `${times.dpi.toFixed(3)} ×`, "", "Distributed to paid in: withdrawals ÷ deposits"],
    times && ["TVPI", `${times.tvpi.toFixed(3)} ×`, "", "Total value to paid in: RVPI + DPI"],
  ].filter(Boolean);
}

// How far the equity is below its highest so far, now and at worst.
export function drawdown(samples) {
  let highest = -Infinity;
  let deepest = 0;
  let current = 0;
  for (const { value } of samples) {
    highest = Math.max(highest, value);
    current = highest > 0 ? 1 - value / highest : 0;
    deepest = Math.max(deepest, current);
  }
  return { deepest, current };
}

// The server keeps sums only in games with a cash asset; else the fills that are known are counted.
function activity(money, account) {
  const { fills, moreFills, paidFees } = account;
  if (money !== null && money.trades > 0) {
    return [["Fees", number(money.fees)], ["Fills", String(money.trades)]];
  }
  const least = moreFills ? "\u2265\u202f" : "";
  const title = moreFills ? "Of the fills that are shown below" : "";
  return [["Fees", least + number(paidFees), "", title], ["Fills", least + fills.size, "", title]];
}

function flowsText(flows, kind) {
  return Object.entries(flows)
    .filter(([, flow]) => flow[kind]?.asset_quantity)
    .map(([asset, flow]) => `${flow[kind].asset_quantity} ${asset}`)
    .join(", ");
}

function draw({ context, width, height }, samples) {
  const look = colours();
  const step = Math.max(1, Math.ceil(samples.length / MOST_POINTS));
  const shown = samples.filter((_, index) => (samples.length - 1 - index) % step === 0);
  const values = shown.map((sample) => sample.value);
  const [low, high] = spread(Math.min(...values), Math.max(...values));
  const begin = shown[0].ts;
  const span = Math.max(shown.at(-1).ts - begin, 1);
  const x = (ts) => MARGIN.left + ((ts - begin) / span) * (width - MARGIN.left - MARGIN.right);
  const y = (value) =>
    height - MARGIN.bottom - ((value - low) / (high - low)) * (height - MARGIN.top - MARGIN.bottom);

  context.font = `${look.size}px ${look.font}`;
  context.textBaseline = "middle";
  context.fillStyle = look.dim;
  context.strokeStyle = look.line;
  for (const value of [low, (low + high) / 2, high]) {
    line(context, MARGIN.left, y(value), width - MARGIN.right, y(value));
    context.fillText(number(value), width - MARGIN.right + 6, Math.max(y(value), look.size / 2));
  }
  context.textBaseline = "alphabetic";
  context.fillText(clockOf(begin), MARGIN.left, height - 5);
  context.textAlign = "right";
  context.fillText(clockOf(shown.at(-1).ts), width - MARGIN.right, height - 5);
  context.textAlign = "left";

  context.setLineDash([4, 4]);
  context.strokeStyle = look.dim;
  line(context, MARGIN.left, y(values[0]), width - MARGIN.right, y(values[0]));
  context.setLineDash([]);
  context.strokeStyle = look.accent;
  context.lineWidth = 2;
  context.lineJoin = "round";
  context.beginPath();
  shown.forEach((sample, index) => context[index === 0 ? "moveTo" : "lineTo"](x(sample.ts), y(sample.value)));
  context.stroke();
  context.lineWidth = 1;
  context.fillStyle = look.accent;
  context.beginPath();
  context.arc(x(shown.at(-1).ts), y(values.at(-1)), 3.5, 0, 2 * Math.PI);
  context.fill();
}

// A curve that does not move is drawn in the middle, not as if it jumped.
function spread(low, high) {
  const least = Math.max(Math.abs(high) * 1e-4, 0.01);
  const room = Math.max(0, least - (high - low)) / 2;
  return [low - room, high + room];
}

function line(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}
