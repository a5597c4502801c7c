// Before the first paint: the look that was chosen, so that nothing flashes.
(() => {
  const root = document.documentElement;
  let theme = null;
  try {
    theme = localStorage.getItem("cxgame.theme");
  } catch {
    // storage is switched off: the system's look then
  }
  if (theme === "dark" || theme === "light") root.dataset.theme = theme;
  const view = new URLSearchParams(location.search).get("view");
  if (view === "projector" || view === "embed") root.dataset.view = view;
})();
