// Candles, the oracle's line, volume and trades, on a plain canvas. Nothing to install.

import { el, sharp } from "../dom.js";
import { grouped, placesOf } from "../format.js";
import { colours } from "../look.js";
import { axisTime, tradeRadius, SHOWN_TRADES } from "./chart_parts.js";

const BAR = 9; // pixels per candle
const LINES = 5;
const VOLUME_SHARE = 0.16; // of the height
const MARGIN = 0.06; // of the range of prices, above and below

export class CanvasChart {
  constructor(host) {
    this._canvas = el("canvas", "fill");
    host.replaceChildren(this._canvas);
  }

  remove() {
    this._canvas.remove();
  }

  draw(market) {
    const paper = sharp(this._canvas);
    if (paper !== null) draw(paper, market);
  }
}

function draw({ context, width, height }, market) {
  const look = colours();
  const { bars, mids, intervalS } = market.candles;
  const right = look.size * 6;
  const bottom = look.size * 1.8;
  const area = { width: width - right, height: height - bottom };
  const count = Math.max(1, Math.floor(area.width / BAR));
  const end = Math.max(bars.at(-1)?.time ?? 0, mids.at(-1)?.time ?? 0);
  const begin = end - (count - 1) * intervalS;
  const seen = bars.filter((bar) => bar.time >= begin);
  const line = mids.filter((mid) => mid.time >= begin);
  if (seen.length + line.length === 0) return;

  const values = [...seen.flatMap((bar) => [bar.high, bar.low]), ...line.map((mid) => mid.value)];
  const top = Math.max(...values);
  const floor = Math.min(...values);
  const range = top - floor || Math.abs(top) * 0.001 || 1;
  const [low, high] = [floor - range * MARGIN, top + range * MARGIN];
  const scale = {
    x: (time) => ((time - begin) / intervalS + 0.5) * BAR,
    y: (price) => (1 - (price - low) / (high - low)) * area.height * (1 - VOLUME_SHARE),
  };
  context.font = `${look.size}px ${look.font}`;
  drawGrid(context, area, width, low, high, scale, placesOf(market.info.tick), look);
  drawTimes(context, area, height, begin, count, intervalS, scale, look);
  drawVolume(context, area, seen, scale, look);
  drawLine(context, line, scale, look);
  for (const bar of seen) drawCandle(context, bar, scale, look);
  drawTrades(context, market.trades, begin, intervalS, scale, look);
}

function drawGrid(context, area, width, low, high, scale, places, look) {
  context.strokeStyle = look.line;
  context.lineWidth = 1;
  context.fillStyle = look.dim;
  context.textBaseline = "middle";
  context.textAlign = "left";
  const step = roundStep((high - low) / LINES);
  for (let price = Math.ceil(low / step) * step; price < high; price += step) {
    const y = Math.round(scale.y(price)) + 0.5;
    context.beginPath();
    context.moveTo(0, y);
    context.lineTo(area.width, y);
    context.stroke();
    context.fillText(grouped(price.toFixed(places)), area.width + 6, y);
  }
}

// The next number of 1, 2 or 5 times a power of ten: what an axis counts by.
function roundStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((each) => each * power >= least) ?? 10);
}

function drawTimes(context, area, height, begin, count, intervalS, scale, look) {
  context.textAlign = "center";
  context.textBaseline = "bottom";
  const every = Math.max(1, Math.ceil((look.size * 8) / BAR));
  for (let index = every; index < count - every / 2; index += every) {
    const time = begin + index * intervalS;
    context.fillText(axisTime(time, intervalS), scale.x(time), height - 2);
  }
}

function drawVolume(context, area, bars, scale, look) {
  const most = Math.max(...bars.map((bar) => bar.volume), 0) || 1;
  context.globalAlpha = 0.45;
  for (const bar of bars) {
    const full = (bar.volume / most) * area.height * VOLUME_SHARE;
    const bought = full * (bar.bought / (bar.volume || 1));
    const x = scale.x(bar.time) - BAR / 2 + 1;
    context.fillStyle = look.sell;
    context.fillRect(x, area.height - full, BAR - 2, full - bought);
    context.fillStyle = look.buy;
    context.fillRect(x, area.height - bought, BAR - 2, bought);
  }
  context.globalAlpha = 1;
}

function drawLine(context, mids, scale, look) {
  context.strokeStyle = look.dim;
  context.lineWidth = 1;
  context.beginPath();
  for (const mid of mids) context.lineTo(scale.x(mid.time), scale.y(mid.value));
  context.stroke();
}

// Rising ones are hollow, falling ones full: also who sees no colours tells them apart.
function drawCandle(context, bar, scale, look) {
  const rises = bar.close >= bar.open;
  const x = scale.x(bar.time);
  const top = scale.y(Math.max(bar.open, bar.close));
  const body = Math.max(1.5, scale.y(Math.min(bar.open, bar.close)) - top);
  context.strokeStyle = context.fillStyle = rises ? look.buy : look.sell;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x, scale.y(bar.high));
  context.lineTo(x, top);
  context.moveTo(x, top + body);
  context.lineTo(x, scale.y(bar.low));
  context.stroke();
  if (rises) context.strokeRect(x - BAR / 2 + 2, top, BAR - 4, body);
  else context.fillRect(x - BAR / 2 + 1, top, BAR - 2, body);
}

function drawTrades(context, trades, begin, intervalS, scale, look) {
  for (const trade of trades.slice(-SHOWN_TRADES)) {
    if (trade.ts < begin) continue;
    const x = scale.x(trade.ts) - BAR / 2;
    context.beginPath();
    context.fillStyle = trade.side === "buy" ? look.buy : look.sell;
    context.globalAlpha = 0.75;
    context.arc(x, scale.y(trade.price), tradeRadius(trade), 0, 2 * Math.PI);
    context.fill();
  }
  context.globalAlpha = 1;
}
