// One tab per market, like a line of scores: symbol, last price, change since the page began.

import { byId, el, setText, setVar } from "../dom.js";
import { arrow, grouped, signed } from "../format.js";

export function makeMarkets(store) {
  const bar = byId("markets");
  const tabs = new Map();

  const make = (symbol) => {
    const name = el("span", "symbol", symbol);
    const price = el("span", "price");
    const change = el("span", "change");
    const button = el("button", "market", name, price, change);
    button.type = "button";
    button.addEventListener("click", () => store.select(symbol));
    bar.append(button);
    return { button, price, change };
  };

  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const buttons = [...bar.children];
    const at = buttons.indexOf(document.activeElement);
    if (step === undefined || at < 0) return;
    event.preventDefault();
    buttons[(at + step + buttons.length) % buttons.length].focus();
  });

  return () => {
    for (const [symbol, tab] of tabs) {
      if (store.markets.has(symbol)) continue;
      tab.button.remove();
      tabs.delete(symbol);
    }
    for (const [symbol, market] of store.markets) {
      let tab = tabs.get(symbol);
      if (tab === undefined) tabs.set(symbol, (tab = make(symbol)));
      tab.button.setAttribute("aria-pressed", String(market === store.market));
      setText(tab.price, market.price === null ? "–" : grouped(market.price));
      showChange(tab.change, market.change);
    }
    bar.hidden = store.markets.size === 0;
    setVar(bar, "--count", String(store.markets.size));
  };
}

// A change in percent, told by sign, arrow and colour.
export function showChange(element, change) {
  const rounded = change === null ? 0 : Math.round(change * 100) / 100;
  element.dataset.way = rounded > 0 ? "up" : rounded < 0 ? "down" : "flat";
  setText(element, change === null ? "" : `${arrow(rounded)} ${signed(rounded)} %`);
}
