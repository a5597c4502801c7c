// Who leads, like a timing tower: rank and its change, equity, the gap to the leader, the curve.

import { byId, el, setClass, setText, setVar } from "../dom.js";
import { arrow, digitsOf, money, signed } from "../format.js";

const CHANGE_S = 60; // ranks are compared with those of a minute ago
const FEW = 13; // with more players than these a row is one line
const POINTS = 48; // of a curve: what its width shows
const MOVE_MS = 450;
const SVG = "http://www.w3.org/2000/svg";
const CURVE_WIDTH = 100;
const CURVE_HEIGHT = 28;

export function makeStandings(store) {
  const list = byId("standings");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const rows = new Map();

  return () => {
    const places = store.standings;
    const known = new Set(places.map((place) => place.user));
    for (const [user, row] of rows) {
      if (known.has(user)) continue;
      row.element.remove();
      rows.delete(user);
    }
    const wanted = places.map((place) => {
      let row = rows.get(place.user);
      if (row === undefined) rows.set(place.user, (row = makeRow(place.user)));
      return row;
    });
    setClass(list, "compact", places.length > FEW);
    reorder(list, wanted, still.matches);
    const leader = Number(places[0]?.equity ?? 0);
    places.forEach((place, index) => {
      fill(wanted[index], place, leader, store.curves.get(place.user) ?? []);
    });
    setVar(list, "--digits", String(Math.max(0, ...wanted.map((row) => digitsOf(row.equity.textContent)))));
    const ended = store.results !== null || store.phase === "closed";
    setText(byId("standings-heading"), ended ? "Final standings" : "Standings");
  };
}

function makeRow(user) {
  const rank = el("span", "rank");
  const moved = el("span", "moved");
  const name = el("span", "user", user);
  const bot = el("span", "bot", "bot");
  const line = document.createElementNS(SVG, "polyline");
  const curve = document.createElementNS(SVG, "svg");
  curve.setAttribute("viewBox", `0 0 ${CURVE_WIDTH} ${CURVE_HEIGHT}`);
  curve.setAttribute("preserveAspectRatio", "none");
  curve.setAttribute("class", "curve");
  curve.setAttribute("aria-hidden", "true");
  curve.append(line);
  const equity = el("span", "equity");
  const gap = el("span", "gap");
  const element = el("li", "", rank, moved, el("span", "name", name, bot), curve, equity, gap);
  return { element, rank, moved, bot, curve, line, equity, gap };
}

function fill(row, place, leader, curve) {
  row.element.dataset.user = place.user;
  setText(row.rank, String(place.rank));
  setClass(row.element, "first", place.rank === 1);
  row.bot.hidden = !place.bot;
  setText(row.equity, money(place.equity));
  const behind = Number(place.equity) - leader;
  setText(row.gap, place.rank === 1 ? "leader" : signed(behind));
  showMove(row.moved, rankChange(curve));
  drawCurve(row, curve);
}

// How many places somebody has won (above zero) or lost within the last minute.
function rankChange(curve) {
  const last = curve.at(-1);
  if (last === undefined) return 0;
  const before = curve.find((point) => point.rank !== null && point.ts >= last.ts - CHANGE_S);
  return before.rank - last.rank;
}

function showMove(element, change) {
  element.dataset.way = change > 0 ? "up" : change < 0 ? "down" : "flat";
  setText(element, change === 0 ? "–" : `${arrow(change)}${Math.abs(change)}`);
  element.title = change === 0 ? "" : `${Math.abs(change)} ${change > 0 ? "up" : "down"} in a minute`;
}

function drawCurve(row, curve) {
  const shown = evenly(curve);
  if (shown.length < 2) return row.line.setAttribute("points", "");
  const [begin, end] = [shown[0].ts, shown.at(-1).ts];
  const values = shown.map((point) => point.equity);
  const low = Math.min(...values);
  const range = Math.max(...values) - low || 1;
  const points = values.map((value, index) => {
    const x = ((shown[index].ts - begin) / (end - begin || 1)) * CURVE_WIDTH;
    const y = CURVE_HEIGHT - 2 - ((value - low) / range) * (CURVE_HEIGHT - 4);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  row.line.setAttribute("points", points.join(" "));
  row.curve.dataset.way = values.at(-1) >= values[0] ? "up" : "down";
}

// The last point of each of equal parts of the time: points may lie unevenly.
function evenly(curve) {
  if (curve.length <= POINTS) return curve;
  const begin = curve[0].ts;
  const part = (curve.at(-1).ts - begin) / (POINTS - 1) || 1;
  const of = (point) => Math.floor((point.ts - begin) / part);
  return curve.filter((point, index) => {
    const next = curve[index + 1];
    return index === 0 || next === undefined || of(next) !== of(point);
  });
}

// Put the rows in order; those that have another place glide to it.
function reorder(list, wanted, still) {
  if (wanted.every((row, index) => list.children[index] === row.element)) return;
  const tops = new Map();
  for (const row of wanted) {
    if (row.element.isConnected) tops.set(row, row.element.offsetTop);
  }
  list.append(...wanted.map((row) => row.element));
  if (still) return;
  for (const [row, top] of tops) {
    const by = top - row.element.offsetTop;
    if (by === 0) continue;
    const frames = [{ transform: `translateY(${by}px)` }, { transform: "none" }];
    row.element.animate(frames, { duration: MOVE_MS, easing: "ease-out" });
  }
}
