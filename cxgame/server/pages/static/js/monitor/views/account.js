// The account of whoever typed his token or the id of his session; both are forgotten by the form.

import { Rows, byId, el, setText } from "../../dom.js";
import { grouped } from "../../format.js";

const NOTE = "It stays in the memory of this page alone.";

export function makeAccount(health, reports) {
  const form = byId("who");
  const text = byId("who-text");
  const kind = byId("who-kind");
  const leave = byId("who-leave");
  const rows = new Rows(byId("balances").tBodies[0], make);

  kind.addEventListener("change", () => (text.type = kind.value === "token" ? "password" : "text"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    health.refuse(null);
    reports.show(kind.value, text.value.trim());
    text.value = "";
  });
  leave.addEventListener("click", () => {
    reports.forget();
    text.focus();
  });

  return () => {
    const account = health.report?.account ?? null;
    const orders = account?.open_orders ?? 0;
    setText(byId("account-hint"), account === null ? "" : `${account.name} · ${orders} open orders`);
    leave.hidden = account === null && !health.report?.is_admin;
    const note = byId("who-note");
    setText(note, health.refusal ?? NOTE);
    note.classList.toggle("bad", health.refusal !== null);
    byId("balances").hidden = account === null;
    rows.show(Object.entries(account?.balances ?? {}), fill);
  };
}

function make() {
  const asset = el("th");
  asset.scope = "row";
  const cells = ["free", "held", "total"].map(() => el("td", "n"));
  return { element: el("tr", "", asset, ...cells), asset, cells };
}

function fill({ asset, cells }, [name, { free, held, total }]) {
  setText(asset, name);
  [free, held, total].forEach((amount, index) => setText(cells[index], grouped(amount)));
}
