// The bar of a replay: play and pause, speed, and where in the recording it stands. It is there only
// when the server says that this is a replay, and to be pressed only where that is allowed.

import { byId, el, setText } from "../dom.js";
import { duration } from "../format.js";

const SPEEDS = [0.5, 1, 2, 5, 10, 30, 100, 0]; // 0: at once
const LOOK_MS = 500;

// `address`: where a replay is asked and told. `jump()` is called before it goes on elsewhere, and
// `paced(pace)` with the recorded seconds in a second: none in a pause, nor where they are not counted
export function startReplay(address, jump, paced) {
  const bar = byId("replay");
  const button = byId("replay-play");
  const speed = byId("replay-speed");
  const seek = byId("replay-seek");
  let state = null;
  let dragging = false;
  for (const each of SPEEDS) {
    const option = el("option", "", each === 0 ? "at once" : `${each}×`);
    option.value = String(each);
    speed.append(option);
  }

  const show = (told) => {
    state = told;
    paced(told.playing ? told.speed : 0);
    bar.hidden = false;
    for (const control of [button, speed, seek]) control.disabled = !told.controls;
    seek.disabled ||= told.length === null;
    button.dataset.playing = String(told.playing);
    button.setAttribute("aria-label", told.playing ? "Pause" : "Play");
    if (!SPEEDS.includes(told.speed)) offer(told.speed);
    if (document.activeElement !== speed) speed.value = String(told.speed);
    seek.max = String(told.length ?? 0);
    if (!dragging && told.at !== null) seek.value = String(Math.min(told.at, told.length ?? told.at));
    showTime(dragging ? Number(seek.value) : told.at);
  };
  const offer = (value) => {
    SPEEDS.push(value);
    const option = el("option", "", `${value}×`);
    option.value = String(value);
    speed.append(option);
  };
  const showTime = (at) => {
    const length = state?.length ?? null;
    const [here, end] = [at, length].map((seconds) => (seconds === null ? "–:––" : duration(seconds)));
    setText(byId("replay-time"), `${here} / ${end}`);
    seek.setAttribute("aria-valuetext", `${here} of ${end}`);
  };
  const look = async (wish = null) => {
    const how = { method: "POST", headers: { "Content-Type": "application/json" } };
    try {
      const answer = await fetch(address, wish === null ? { cache: "no-store" } : { ...how, body: JSON.stringify(wish) });
      if (answer.ok) show(await answer.json());
    } catch {
      // the replay has ended; the feed says so
    }
  };

  button.addEventListener("click", () => look({ action: state?.playing ? "pause" : "play" }));
  speed.addEventListener("change", () => look({ action: "speed", speed: Number(speed.value) }));
  seek.addEventListener("input", () => {
    dragging = true;
    showTime(Number(seek.value));
  });
  // Whoever lets it go where he took it changes nothing, and no more is said of it than this.
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => (dragging = false));
  seek.addEventListener("change", () => {
    dragging = false;
    jump();
    look({ action: "seek", at: Number(seek.value) });
  });
  setInterval(() => look(), LOOK_MS);
  look();
}
