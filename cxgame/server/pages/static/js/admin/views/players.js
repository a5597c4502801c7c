// Everybody in the game: a table to search, to sort, and to choose from.

import { Rows, byId, el, setClass, setText } from "../../dom.js";
import { money } from "../../format.js";

const LESS = { user: 1, team: 1, rank: 1 }; // sorted upwards at the first press
const COLUMNS = [
  { key: "rank", label: "Rank", number: true, spare: true },
  { key: "user", label: "Player" },
  { key: "team", label: "Team", narrow: true },
  { key: "connections", label: "Conn.", title: "Connections", number: true },
  { key: "messages_per_s", label: "Msg/s", title: "Messages a second", number: true, spare: true },
  { key: "refusals_per_min", label: "No/min", title: "Refusals a minute", number: true },
  { key: "open_orders", label: "Orders", title: "Open orders", number: true, narrow: true },
  { key: "equity", label: "Equity", number: true },
];

export function makePlayers(office) {
  const search = byId("search");
  const sorting = { key: "rank", up: true };
  const heads = COLUMNS.map((column) => head(column, sorting, draw));
  byId("people-head").append(...heads.map(({ cell }) => cell));
  const rows = new Rows(byId("people-rows"), () => makeRow(office));
  search.addEventListener("input", () => draw());

  function draw() {
    const all = office.players ?? [];
    const found = sorted(all.filter(matches(search.value)), sorting);
    for (const { cell, column } of heads) {
      const way = sorting.up ? "ascending" : "descending";
      if (column.key === sorting.key) cell.setAttribute("aria-sort", way);
      else cell.removeAttribute("aria-sort");
    }
    rows.show(found, (row, player) => fill(row, player, office));
    const bots = all.filter((row) => row.bot).length;
    const count = `${all.length - bots} players` + (bots > 0 ? `, ${bots} bots` : "");
    setText(byId("people-hint"), found.length === all.length ? count : `${found.length} of ${all.length}`);
    byId("people-empty").hidden = found.length > 0;
    setText(byId("people-empty"), all.length > 0 ? "Nobody of that name." : "Nobody has entered the game yet.");
  }

  return draw;
}

function head(column, sorting, draw) {
  const button = el("button", "sort", column.label);
  button.type = "button";
  if (column.title) button.setAttribute("aria-label", column.title);
  if (column.title) button.title = column.title;
  button.addEventListener("click", () => {
    sorting.up = sorting.key === column.key ? !sorting.up : column.key in LESS;
    sorting.key = column.key;
    draw();
  });
  const cell = el("th", classes(column), button);
  cell.scope = "col";
  return { cell, column };
}

function makeRow(office) {
  const name = el("button", "link");
  name.type = "button";
  const marks = el("span", "marks");
  const cells = COLUMNS.map((column) => el("td", classes(column)));
  cells[1].append(el("div", "who", name, marks));
  const element = el("tr", "", ...cells);
  name.addEventListener("click", () => office.choose(name.textContent));
  return { element, name, marks, cells };
}

function fill({ element, name, marks, cells }, player, office) {
  setText(name, player.user);
  name.setAttribute("aria-pressed", String(player.user === office.chosen));
  setText(marks, marksOf(player));
  COLUMNS.forEach(({ key }, index) => {
    if (key !== "user") setText(cells[index], shown(player, key));
  });
  setClass(element, "chosen", player.user === office.chosen);
  setClass(element, "away", player.connections === 0);
  setClass(cells[5], "high", player.refusals_per_min >= 60);
}

function marksOf({ bot, admin, listed }) {
  return [bot && "bot", admin && "organiser", !listed && "kept out"].filter(Boolean).join(", ");
}

function shown(player, key) {
  if (key === "equity") return money(player.equity);
  if (key === "messages_per_s") return player.messages_per_s.toFixed(1);
  return String(player[key]);
}

function matches(wanted) {
  const words = wanted.trim().toLowerCase();
  return ({ user, team }) => user.toLowerCase().includes(words) || team.toLowerCase().includes(words);
}

function sorted(players, { key, up }) {
  const sign = up ? 1 : -1;
  const of = key === "equity" ? (row) => Number(row.equity) : (row) => row[key];
  return [...players].sort((a, b) => sign * compare(of(a), of(b)) || a.rank - b.rank);
}

function compare(a, b) {
  return typeof a === "string" ? a.localeCompare(b) : a - b;
}

function classes({ number, narrow, spare }) {
  return [number && "n", narrow && "narrow", spare && "spare"].filter(Boolean).join(" ");
}
