// The bar at the top: phase, time, how the server is, and whether what is shown is fresh.

import { byId, setText } from "../../dom.js";
import { clockOf, phaseName } from "../../format.js";

export function makeHeader(health, store) {
  const phase = byId("phase");
  return () => {
    const { report, trouble } = health;
    const halted = report?.condition === "halted";
    phase.dataset.phase = halted ? "halted" : (report?.phase ?? "connecting");
    setText(byId("phase-text"), halted ? "Halted" : phaseName(report?.phase ?? ""));
    setText(byId("clock"), clockOf(store.now));
    setText(byId("condition"), trouble ? "unreachable" : (report?.condition ?? "–"));
    setText(byId("accounts"), report === null ? "–" : String(report.accounts));
    const counts = Object.entries(report?.connections ?? {}).filter(([, count]) => count > 0);
    setText(byId("connected"), counts.map(([face, count]) => `${count} ${face}`).join(", ") || "–");
    byId("fault").hidden = trouble === null;
    setText(byId("fault"), trouble ?? "");
  };
}
