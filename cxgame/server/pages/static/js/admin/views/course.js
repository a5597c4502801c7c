// The course of the game: one large button for what comes next, small ones for the rest.

import { byId, setText } from "../../dom.js";
import { sayReply, whenPressed, whenPressedTwice } from "../pressing.js";

const NAMED = 5; // of those that are waited for
const ENDS = { end_round: true, start_round: false }; // whether the round is over then

export function makeCourse(office, asking, refresh) {
  const next = byId("next");
  const answer = byId("course-answer");
  const ask = async (name) => {
    const isDone = sayReply(answer, await asking.command(name));
    await refresh();
    if (isDone && name in ENDS) office.setEnded(ENDS[name]);
  };

  whenPressed(next, async () => {
    const { command } = step(office);
    if (command !== null) await ask(command);
  });
  whenPressedTwice(
    byId("end-round"),
    () => "All orders are cancelled and the standings settled. Press again to end the round.",
    answer,
    () => ask("end_round"),
  );
  whenPressedTwice(
    byId("start-round"),
    () => "Everybody loses what he has and gets the grants again. Press again to begin anew.",
    answer,
    () => ask("start_round"),
  );
  whenPressedTwice(
    byId("shutdown"),
    () => "The game is over for good, and the server stops. Press again to end it.",
    answer,
    () => ask("shutdown"),
  );

  return () => {
    const { command, label, note } = step(office);
    setText(next, label);
    next.disabled = command === null;
    next.dataset.command = command ?? "";
    setText(byId("next-note"), note);
    setText(byId("course-hint"), office.round === null ? "" : `round ${office.round}`);
    const isOver = office.phase === "closed" || office.phase === "";
    byId("end-round").disabled = isOver || office.hasEnded || office.phase === "registration";
    byId("start-round").disabled = isOver || office.phase === "open" || office.phase === "registration";
    byId("shutdown").disabled = isOver;
  };
}

// What an organiser most likely wants now.
function step({ phase, hasEnded, missing, round }) {
  if (phase === "open") {
    return { command: "pause", label: "Pause", note: "Trading stops, the clock stands still, cancels still work." };
  }
  if (phase === "paused" && hasEnded) {
    return { command: "start_round", label: "Next round", note: "The standings are settled. Everybody gets the grants again; then open it." };
  }
  if (phase === "paused") {
    return { command: "start", label: "Go on", note: "Orders are taken again, and the clock runs." };
  }
  if (phase === "registration") {
    return { command: "start", label: "Open the game", note: waiting(missing) };
  }
  if (phase === "closed") return { command: null, label: "The game is over", note: "" };
  return { command: null, label: round === null ? "Connecting" : "Waiting", note: "" };
}

function waiting(missing) {
  if (missing.length === 0) return "Trading begins at once.";
  const rest = missing.length - NAMED;
  const names = missing.slice(0, NAMED).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
  return `It opens once all listed players are connected. Still missing: ${names}.`;
}
