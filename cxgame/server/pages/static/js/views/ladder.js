// The order book as a ladder: asks above, bids below, the best ones in the middle.

import { byId, el, Rows, setClass, setText, setVar, sizeOf } from "../dom.js";
import { digitsOf, grouped, number, placesOf, size } from "../format.js";

const MOST_LEVELS = 20;

export function makeLadder(store) {
  const asks = new Rows(byId("asks"), makeRow);
  const bids = new Rows(byId("bids"), makeRow);
  const levelsThatFit = fitter(byId("asks").closest(".side"));
  const board = byId("asks").closest(".board");

  return () => {
    const market = store.market;
    const book = market?.book ?? { bids: [], asks: [] };
    const fits = levelsThatFit();
    const upper = withSums(sideOf(book.asks, market?.quote?.ask, store.house, 1).slice(0, fits));
    const lower = withSums(sideOf(book.bids, market?.quote?.bid, store.house, -1).slice(0, fits));
    const most = Math.max(upper.at(-1)?.sum ?? 0, lower.at(-1)?.sum ?? 0) || 1;
    const fill = (row, level) => fillRow(row, level, most);
    asks.show(upper.reverse(), fill);
    bids.show(lower, fill);
    const digits = [...upper, ...lower].map(({ price }) => digitsOf(price));
    setVar(board, "--price-digits", String(Math.max(0, ...digits))); // the panel grows with them
    setText(byId("middle"), market?.price ? grouped(market.price) : "–");
    setText(byId("spread"), spread(market));
  };
}

function makeRow() {
  const cells = ["price", "size", "sum"].map((name) => el("td", name));
  const [price, amount, sum] = cells;
  return { element: el("tr", "", ...cells), price, amount, sum };
}

function fillRow(row, level, most) {
  setText(row.price, grouped(level.price));
  setText(row.amount, level.size === "" ? "" : size(level.size, 4));
  setText(row.sum, level.mark ?? number(level.sum, 2));
  setClass(row.element, "marked", level.mark !== undefined);
  setVar(row.element, "--share", `${((level.sum / most) * 100).toFixed(1)}%`);
}

// The best levels. Where the house trades at the oracle's quotes, its level is among them, marked;
// else that quote is shown where there is no level. `way`: 1 of asks, which rise, -1 of bids.
function sideOf(levels, quote, house, way) {
  if (quote === undefined) return levels;
  if (!house) return levels.length === 0 ? [[quote, "", "oracle"]] : levels;
  const behind = levels.findIndex(([price]) => (Number(price) - Number(quote)) * way > 0);
  const at = behind < 0 ? levels.length : behind;
  return [...levels.slice(0, at), [quote, "", "house"], ...levels.slice(at)];
}

// Of a level with a mark the volume is not a player's: `house`, or no volume at all.
function withSums(levels) {
  let sum = 0;
  return levels.map(([price, amount, mark]) => {
    sum += Number(amount);
    return { price, size: amount, sum, mark };
  });
}

// How many levels a side has room for; measured anew when its size changes.
function fitter(side) {
  let measured = null;
  let fits = MOST_LEVELS;
  return () => {
    const size = sizeOf(side);
    const row = side.querySelector("tr:not([hidden])");
    if (size !== measured && row !== null) {
      measured = size;
      fits = Math.min(MOST_LEVELS, Math.max(3, Math.floor(size.height / row.offsetHeight)));
    }
    return fits;
  };
}

function spread(market) {
  const [bid] = market?.book.bids[0] ?? [];
  const [ask] = market?.book.asks[0] ?? [];
  if (bid === undefined || ask === undefined) return "";
  return `spread ${number(Number(ask) - Number(bid), placesOf(market.info.tick))}`;
}
