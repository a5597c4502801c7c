// The bar at the top: phase, clock, who is there, and whether what is shown is live.

import { byId, setText } from "../dom.js";
import { clockOf, duration, phaseName } from "../format.js";

export function makeHeader(store, config) {
  const phase = byId("phase");
  const connection = byId("connection");
  const fault = byId("fault");

  return () => {
    const halted = store.halted && store.phase === "open";
    phase.dataset.phase = halted ? "halted" : store.phase || "connecting";
    setText(byId("phase-text"), halted ? "Halted" : phaseName(store.phase));

    const left = store.remainingNow;
    setText(byId("clock-label"), left === null ? "Time" : "Left");
    setText(byId("clock"), left === null ? clockOf(store.now) : duration(left));

    setText(byId("players"), store.players > 0 ? String(store.players) : "–");
    byId("watching").hidden = store.spectators === null;
    if (store.spectators !== null) setText(byId("spectators"), String(store.spectators));

    connection.dataset.state = store.connection;
    const later = store.delay > 0 ? ` \u2212${duration(store.delay)}` : "";
    setText(connection, store.connection + later);
    connection.title = store.delay > 0 ? "The feed is told so much later." : "";
    fault.hidden = store.fault === null;
    setText(fault, store.fault ?? "");

    const market = store.market;
    const price = market?.price;
    const title = price ? `${price} ${market.symbol} · ${config.title}` : config.title;
    if (document.title !== title) document.title = title;
  };
}
