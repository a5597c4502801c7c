// Connections as the server knows them: of the account that is shown, or of all for an admin.

import { Rows, byId, el, setText } from "../../dom.js";

const CELLS = ["face", "trip", "rate", "refusals", "breaks", "hits"];
const OF_ONE = "of the account that is shown";
const NUMBERS = new Set(["trip", "rate", "refusals", "breaks"]);

export function makeSessions(health) {
  const rows = new Rows(byId("sessions").tBodies[0], make);
  return () => {
    const report = health.report;
    const sessions = report?.sessions ?? [];
    const counted = sessions.length > 0 ? `${sessions.length}, ` : "";
    setText(byId("sessions-hint"), counted + (report?.is_admin ? "of everybody" : OF_ONE));
    rows.show(sessions, fill);
  };
}

function make() {
  const user = el("th");
  user.scope = "row";
  const cells = Object.fromEntries(CELLS.map((each) => [each, el("td", NUMBERS.has(each) ? "n" : "")]));
  return { element: el("tr", "", user, ...Object.values(cells)), user, cells };
}

function fill({ user, cells }, row) {
  setText(user, row.user ?? "–");
  setText(cells.face, row.face);
  setText(cells.trip, row.round_trip_ms === null ? "–" : `${row.round_trip_ms.toFixed(1)} ms`);
  setText(cells.rate, row.messages_per_s.toFixed(1));
  setText(cells.refusals, String(row.refusals_per_min));
  cells.refusals.classList.toggle("bad", row.refusals_per_min > 0);
  setText(cells.breaks, row.user === null || row.connection === 0 ? "–" : String(row.connection - 1));
  const hits = Object.entries(row.hits).map(([mode, count]) => `${mode.replaceAll("_", " ")} ${count}`);
  setText(cells.hits, hits.join(", ") || "–");
}
