// What is new is seen at once, and fades.

const FADE_MS = 6000;
const FRESH = "var(--fresh)";

export function mark(element) {
  for (const fading of element.getAnimations()) fading.cancel();
  const frames = [{ background: FRESH }, { background: "transparent" }];
  element.animate(frames, { duration: FADE_MS, easing: "ease-out" });
}
