// What happens to messages on their way: a table of the faults in force and of those to come, a form
// to switch one on, a deck to deal.

import { Rows, byId, el, setClass, setText } from "../../dom.js";
import { duration } from "../../format.js";
import { say, sayReply, whenPressed, whenSent } from "../pressing.js";

// The one parameter that the form asks for; the others have their defaults.
const PARAMETERS = {
  drop: { name: "probability", label: "Share (0 to 1)", value: "0.1" },
  delay: { name: "ms", label: "Milliseconds", value: "200" },
  duplicate: { name: "probability", label: "Share (0 to 1)", value: "0.1" },
  reorder: { name: "window_size", label: "Messages at once", value: "5" },
  corrupt: { name: "probability", label: "Share (0 to 1)", value: "0.05" },
  throttle: { name: "max_messages_per_second", label: "Per second", value: "10" },
  silence: { name: "after_messages", label: "After messages", value: "0" },
  rate_limit: { name: "per_second", label: "Per second", value: "10" },
  disconnect: { name: "after_messages", label: "After messages", value: "0" },
  half_open: { name: "after_messages", label: "After messages", value: "0" },
};
const IN_COLUMNS = new Set(["id", "fault", "to", "since", "until", "at", "for", "by", "hits"]);
const MAX_DECK = 50_000; // characters, as the server takes

export function makeFaults(office, asking) {
  const answer = byId("faults-answer");
  const mode = byId("fault-mode");
  const parameter = byId("fault-parameter");
  const rows = new Rows(byId("faults-rows"), () => makeRow(clear));

  const ask = async (params, done) => {
    const reply = await asking.command("faults", params);
    if (sayReply(answer, reply, done)) office.setFaults(reply.data);
    return reply.status;
  };
  async function clear(id) {
    await ask({ clear: [id] }, "Cleared.");
  }

  mode.replaceChildren(...Object.keys(PARAMETERS).map((name) => new Option(name.replace("_", " "), name)));
  const relabel = () => {
    const { label, value } = PARAMETERS[mode.value];
    setText(byId("fault-label"), label);
    parameter.value = value;
  };
  mode.addEventListener("change", relabel);
  relabel();

  whenSent(byId("fault-form"), async () => {
    const table = { fault: mode.value, [PARAMETERS[mode.value].name]: Number(parameter.value) };
    const to = byId("fault-to").value.split(/[,\s]+/).filter(Boolean);
    const seconds = byId("fault-for").value.trim();
    if (to.length > 0) table.to = to;
    if (seconds !== "") table.for = Number(seconds);
    await ask({ set: [table] }, "Switched on.");
  });
  whenPressed(byId("faults-clear"), () => ask({ clear: "all" }, "Nothing is in force any more."));
  whenPressed(byId("deck-open"), () => byId("deck").click());
  byId("deck").addEventListener("change", async () => {
    const [file] = byId("deck").files;
    byId("deck").value = ""; // the same file may come again
    if (file === undefined) return;
    if (file.size > MAX_DECK) say(answer, `${file.name} is no deck: it is too long.`, true);
    else await ask({ deck: await file.text() }, `${file.name} is dealt from now on.`);
  });

  return () => {
    const { faults: inForce = [], deck: toCome = [], game_time: now } = office.faults ?? {};
    rows.show([...inForce, ...toCome], (row, fault) => fill(row, fault, now));
    byId("faults-empty").hidden = inForce.length + toCome.length > 0;
    byId("faults-wide").hidden = inForce.length + toCome.length === 0;
    byId("faults-clear").disabled = inForce.length + toCome.length === 0;
    setText(byId("faults-hint"), hint(inForce.length, toCome.length));
  };
}

function makeRow(clear) {
  const off = el("button", "plain", "Clear");
  off.type = "button";
  const cells = ["", "how", "", "n", "n"].map((name) => el("td", name));
  const row = { element: el("tr", "", ...cells, el("td", "n", off)), cells, off, id: 0 };
  whenPressed(off, () => clear(row.id));
  return row;
}

function fill(row, fault, now) {
  const isToCome = fault.id === undefined;
  row.id = fault.id;
  row.off.hidden = isToCome;
  row.off.setAttribute("aria-label", `Clear ${fault.fault}`);
  setClass(row.element, "away", isToCome);
  const [mode, how, to, time, hits] = row.cells;
  setText(mode, fault.fault.replace("_", " "));
  setText(how, words(fault));
  setText(to, fault.to?.join(", ") ?? "everybody");
  setText(time, when(fault, now));
  setText(hits, isToCome ? "\u2013" : String(fault.hits));
}

// "in, probability 0.1"
function words(fault) {
  const said = Object.entries(fault).filter(([name]) => !IN_COLUMNS.has(name));
  return said
    .map(([name, value]) => (name === "direction" ? value : `${name.replaceAll("_", " ")} ${[value].flat().join(", ")}`))
    .join("; ");
}

// Seconds of playing time: how long it holds, or when it comes.
function when({ at, for: length, until }, now) {
  if (at !== undefined) return `in ${duration(at - now)}` + (length === undefined ? "" : `, for ${duration(length)}`);
  return until === null ? "until cleared" : `${duration(until - now)} left`;
}

function hint(inForce, toCome) {
  const parts = [inForce > 0 && `${inForce} in force`, toCome > 0 && `${toCome} to come`];
  return parts.filter(Boolean).join(", ") || "none";
}
