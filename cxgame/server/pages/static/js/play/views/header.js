// The bar at the top: phase, clock, who plays, which place, and whether what is shown is live.

import { byId, setText } from "../../dom.js";
import { clockOf, duration, phaseName } from "../../format.js";
import { BROKEN } from "../link.js";

const GAME_OVER = "The game is over.";

export function makeHeader(account, link, gate) {
  const phase = byId("phase");
  const connection = byId("connection");

  return () => {
    gate.show();
    const halted = account.halted && account.phase === "open";
    phase.dataset.phase = halted ? "halted" : account.phase || "connecting";
    setText(byId("phase-text"), halted ? "Halted" : account.phase ? phaseName(account.phase) : "Log in");
    const left = account.remainingNow;
    setText(byId("clock-label"), left === null ? "Time" : "Left");
    setText(byId("clock"), left === null ? clockOf(account.now) : duration(left));
    setText(byId("user"), account.user ?? "–");
    const { rank, players, isSettled } = account.place;
    setText(byId("rank-label"), isSettled ? "Final rank" : "Rank");
    setText(byId("rank"), rank === null ? "–" : `${rank} of ${players}`);
    connection.dataset.state = account.connection;
    setText(connection, account.connection);
    const fault = account.connection === BROKEN ? broken(link) : null;
    byId("fault").hidden = fault === null || !byId("gate").hidden;
    setText(byId("fault"), fault ?? "");
  };
}

function broken(link) {
  if (link.lastReason === GAME_OVER) return "The game is over; what is shown is how it ended.";
  const why = link.lastReason ? ` The exchange says: ${link.lastReason}` : "";
  return `The line is broken; what is shown is as it was. Logging in again.${why}`;
}
