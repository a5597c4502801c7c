// Dark or light, page or projector; and the colours, for what is drawn on a canvas.

import { byId } from "./dom.js";

const KEY = "cxgame.theme";
const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: light)");

let read = null; // the colours, until the look changes

export function colours() {
  if (read === null) {
    const style = getComputedStyle(root);
    const of = (name) => style.getPropertyValue(name).trim();
    read = {
      text: of("--text"),
      dim: of("--dim"),
      line: of("--line"),
      buy: of("--buy"),
      sell: of("--sell"),
      accent: of("--accent"),
      panel: of("--panel"),
      font: getComputedStyle(document.body).fontFamily,
      size: parseFloat(getComputedStyle(root).fontSize) * 0.75,
    };
  }
  return read;
}

// Wire the buttons; `changed` is called after each change of the look.
export function startLook(changed) {
  const apply = () => {
    read = null;
    byId("projector")?.setAttribute("aria-pressed", String(isProjector()));
    changed();
  };
  byId("theme").addEventListener("click", () => {
    root.dataset.theme = isLight() ? "dark" : "light";
    try {
      localStorage.setItem(KEY, root.dataset.theme);
    } catch {
      // not kept then
    }
    apply();
  });
  byId("projector")?.addEventListener("click", () => {
    setProjector(!isProjector());
    apply();
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !isProjector() || document.fullscreenElement) return;
    setProjector(false);
    apply();
  });
  system.addEventListener("change", apply);
  addEventListener("resize", apply);
  apply();
}

function isLight() {
  return root.dataset.theme ? root.dataset.theme === "light" : system.matches;
}

function isProjector() {
  return root.dataset.view === "projector";
}

function setProjector(on) {
  const address = new URL(location.href);
  if (on) {
    root.dataset.view = "projector";
    address.searchParams.set("view", "projector");
    root.requestFullscreen?.().catch(() => {}); // refused: the view is as large as the window
  } else {
    delete root.dataset.view;
    address.searchParams.delete("view");
    if (document.fullscreenElement) document.exitFullscreen();
  }
  history.replaceState(null, "", address);
}
