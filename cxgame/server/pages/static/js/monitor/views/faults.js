// What is done to messages on purpose, and how often it was.

import { Rows, byId, el, setText } from "../../dom.js";
import { duration } from "../../format.js";

const SAID_ELSEWHERE = new Set("id fault direction faces messages to for by since until hits".split(" "));
const ALL_FACES = 4;
const ARROWS = { in: "→ server", out: "server →", both: "↔" };

export function makeFaults(health) {
  const rows = new Rows(byId("faults"), make);
  return () => {
    const faults = health.report?.faults ?? [];
    setText(byId("faults-hint"), faults.length === 0 ? "" : `${faults.length}`);
    byId("faults").dataset.empty = String(faults.length === 0);
    rows.show(faults, fill);
  };
}

function make() {
  const name = el("b");
  const hits = el("span", "hits");
  const what = el("span", "what");
  return { element: el("li", "", name, hits, what), name, hits, what };
}

function fill({ name, hits, what }, fault) {
  setText(name, `${fault.fault.replaceAll("_", " ")} ${ARROWS[fault.direction] ?? ""}`);
  setText(hits, `${fault.hits} ${fault.hits === 1 ? "hit" : "hits"}`);
  setText(what, [...parameters(fault), whom(fault), until(fault)].filter(Boolean).join(" · "));
}

function* parameters(fault) {
  for (const [word, value] of Object.entries(fault)) {
    if (!SAID_ELSEWHERE.has(word)) yield `${word.replaceAll("_", " ")} ${value}`;
  }
  if (fault.faces && fault.faces.length < ALL_FACES) yield fault.faces.join(", ");
  if (fault.messages) yield fault.messages.length > 3 ? `${fault.messages.length} types of message` : fault.messages.join(", ");
}

function whom(fault) {
  return fault.to ? `to ${fault.to.join(", ")}` : `for ${fault.for}`;
}

function until(fault) {
  return fault.until === null ? "" : `until ${duration(fault.until)} of play`;
}
