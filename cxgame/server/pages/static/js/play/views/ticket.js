// An order by hand. What would become of it is asked for while it is written, and only what was
// tried like that can be placed.

import { byId, el, offer, setText } from "../../dom.js";
import { grouped } from "../../format.js";
import { forcesOf, paramsOf, shownFields } from "../writing.js";
import { outcomeOf } from "../outcome.js";
import { owned } from "../words.js";

const IDLE_MS = 250; // after the last key, before it is tried
const FIELDS = ["symbol", "type", "tif", "price", "size", "amount", "expires", "trigger", "by", "at", "trail", "most", "stp"];

export function makeTicket(account, desk) {
  const field = Object.fromEntries(FIELDS.map((name) => [name, byId(`t-${name}`)]));
  const [sell, post] = ["sell", "post"].map((name) => byId(`t-${name}`));
  const go = byId("t-go");
  const answer = byId("t-answer");
  let timer = null;
  let tried = null; // the text of the order that was tried last and would be taken
  let trial = 0;

  const written = () => ({
    ...Object.fromEntries(FIELDS.map((name) => [name, field[name].value.trim()])),
    side: sell.checked ? "sell" : "buy",
    post: post.checked,
  });

  function say(kind, lines) {
    answer.dataset.kind = kind;
    answer.replaceChildren(...lines.map((text) => el("p", "", text)));
  }

  // It can be pressed all the same, and Enter too: what was not tried yet is tried then.
  function allow(on) {
    go.setAttribute("aria-disabled", String(!on));
  }

  function arrange() {
    const shown = shownFields(written());
    for (const name of FIELDS) field[name].closest(".field").hidden = !shown.has(name);
    post.closest(".check").hidden = !shown.has("post");
    offer(field.tif, forcesOf(written()));
    const { side, type } = written();
    setText(go, `Place: ${side} ${type}`);
    go.dataset.side = side;
  }

  function changed() {
    arrange();
    trial += 1; // what is under way was of another order
    tried = null;
    allow(false);
    clearTimeout(timer);
    timer = setTimeout(tryIt, IDLE_MS);
  }

  async function tryIt() {
    const { params, missing } = paramsOf(written());
    if (missing !== null) return say("none", [missing]);
    const mine = ++trial;
    try {
      const reply = await desk.tryOrder(params);
      if (mine !== trial) return; // something else is written meanwhile
      say(reply.status ? "good" : "bad", outcomeOf(reply, params, account.prices));
      tried = reply.status ? JSON.stringify(params) : null;
      allow(tried !== null);
    } catch {
      say("bad", ["The line is broken: nothing was tried."]);
    }
  }

  async function place() {
    const { params, missing } = paramsOf(written());
    if (missing !== null || JSON.stringify(params) !== tried) return tryIt();
    tried = null;
    allow(false);
    try {
      const reply = await desk.place(params);
      const lines = outcomeOf(reply, params, account.prices);
      say(reply.status ? "done" : "bad", reply.status ? [`Placed as order ${reply.data.id}.`, ...lines] : lines);
      if (reply.status) account.select(reply.data.id);
    } catch {
      say("bad", ["The line broke before the answer: look among the orders whether it is there."]);
    }
  }

  byId("ticket").addEventListener("input", changed);
  byId("ticket").addEventListener("submit", (event) => {
    event.preventDefault();
    place();
  });
  for (const side of ["bid", "ask"]) {
    byId(`t-${side}`).addEventListener("click", () => {
      const price = account.prices.of(field.symbol.value)[side];
      if (price === null || field.type.value !== "limit") return;
      field.price.value = price;
      changed();
    });
  }
  arrange();

  return () => {
    const symbols = [...account.prices.markets.keys()];
    offer(field.symbol, symbols.map((symbol) => [symbol, symbol]));
    desk.symbol = field.symbol.value || null;
    if (desk.symbol === null) return;
    const { bid, ask, last, mid, info } = account.prices.of(desk.symbol);
    setText(byId("t-bid"), bid === null ? "–" : grouped(bid));
    setText(byId("t-ask"), ask === null ? "–" : grouped(ask));
    setText(byId("t-last"), last === null ? (mid === null ? "–" : grouped(mid)) : grouped(last));
    if (info === null) return;
    const free = (asset) => `${owned(asset, account.wallets.get(asset)?.free ?? "0", account.prices)} ${asset}`;
    setText(byId("ticket-hint"), `Free: ${free(info.quote)} and ${free(info.base)}`);
  };
}
