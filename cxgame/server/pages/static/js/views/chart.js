// The price chart and the figures above it. Who draws it is settled here: the chart library where
// the server has it, our own canvas until it has come, and where it is missing.

import { byId, el, setText } from "../dom.js";
import { INTERVALS_S, timeframeOf } from "../candles.js";
import { grouped } from "../format.js";
import { CanvasChart } from "./canvas_chart.js";
import { LibraryChart } from "./library_chart.js";
import { showChange } from "./markets.js";

const FLASH_MS = 600;
const WIDE = 110; // candles that a screen shows well; as long as nobody chooses, no more than that

export function makeChart(store, config, again) {
  const host = byId("chart");
  let chart = new CanvasChart(host);
  let shown = null; // the candles on the screen
  let lastId = null;

  if (config.charts !== null) {
    load(config.charts).then((library) => {
      chart.remove();
      chart = new LibraryChart(host, library);
      shown = null;
      byId("attribution").hidden = false;
      again();
    }, () => {}); // our own goes on
  }
  const intervals = makeIntervals(store);

  return () => {
    const market = store.market;
    if (market === null) return;
    intervals.suit(market);
    const fresh = market.candles !== shown;
    shown = market.candles;
    chart.draw(market, fresh || market.candles.cut);
    market.candles.drawn();
    showFigures(market);
    const last = market.last;
    if (last !== null && last.id !== lastId) {
      if (!fresh) flash(byId("last"), last.side);
      lastId = last.id;
    }
  };
}

function showFigures(market) {
  setText(byId("last-symbol"), market.symbol);
  setText(byId("last"), market.price === null ? "–" : grouped(market.price));
  showChange(byId("change"), market.change);
  setText(byId("bid"), grouped(market.book.bids[0]?.[0] ?? market.quote?.bid ?? "–"));
  setText(byId("ask"), grouped(market.book.asks[0]?.[0] ?? market.quote?.ask ?? "–"));
}

// The lengths to choose from. Until somebody does, they grow with what there is to show.
function makeIntervals(store) {
  let chosen = false;
  const buttons = INTERVALS_S.map((seconds) => {
    const button = el("button", "", timeframeOf(seconds));
    button.type = "button";
    button.addEventListener("click", () => {
      chosen = true;
      set(seconds);
    });
    byId("intervals").append(button);
    return button;
  });
  const set = (seconds) => {
    if (seconds !== store.intervalS) store.setInterval(seconds);
    buttons.forEach((button, index) => {
      button.setAttribute("aria-pressed", String(INTERVALS_S[index] === seconds));
    });
  };
  const suit = (market) => {
    if (!chosen) set(INTERVALS_S.find((seconds) => market.spanS / seconds <= WIDE) ?? 300);
  };
  return { suit };
}

function flash(element, side) {
  const name = side === "buy" ? "--buy" : "--sell";
  const colour = getComputedStyle(element).getPropertyValue(name);
  for (const running of element.getAnimations()) running.cancel();
  element.animate([{ color: colour }, {}], FLASH_MS);
}

// The library is a plain script that leaves its name in the window.
function load(address) {
  return new Promise((resolve, reject) => {
    const script = el("script");
    script.src = address;
    script.onload = () => resolve(globalThis.LightweightCharts);
    script.onerror = reject;
    document.head.append(script);
  });
}
