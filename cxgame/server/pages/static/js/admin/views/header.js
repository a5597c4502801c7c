// The bar at the top: phase, clock, how many are connected, whether what is shown is live.

import { byId, setText } from "../../dom.js";
import { clockOf, duration, phaseName } from "../../format.js";

export function makeHeader(office, config) {
  const phase = byId("phase");
  const connection = byId("connection");

  return () => {
    const halted = office.halted && office.phase === "open";
    phase.hidden = office.phase === ""; // nobody is logged in
    phase.dataset.phase = halted ? "halted" : office.phase || "connecting";
    setText(byId("phase-text"), halted ? "Halted" : phaseName(office.phase));
    const left = office.remainingNow;
    setText(byId("clock-label"), left === null ? "Time" : "Left");
    setText(byId("clock"), left === null ? clockOf(Date.now() / 1000) : duration(left));
    setText(byId("game"), office.game || "–");
    setText(byId("connected"), office.players === null ? "–" : connected(office.players));
    connection.dataset.state = office.connection;
    setText(connection, office.connection);
    byId("fault").hidden = office.fault === null;
    setText(byId("fault"), office.fault ?? "");
    const title = `Organise · ${config.title}`;
    if (document.title !== title) document.title = title;
  };
}

function connected(players) {
  const people = players.filter((row) => !row.bot);
  return `${people.filter((row) => row.connections > 0).length} of ${people.length}`;
}
