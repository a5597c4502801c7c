// A list of figures: a word, a number below it.

import { el, setText } from "../../dom.js";

// figures: [word, text, class?, title?]; what has none is left out.
export function showFigures(list, figures) {
  const shown = figures.filter(Boolean);
  while (list.children.length > shown.length) list.lastElementChild.remove();
  while (list.children.length < shown.length) list.append(el("div", "", el("dt"), el("dd")));
  shown.forEach(([word, text, kind = "", title = ""], index) => {
    const [dt, dd] = list.children[index].children;
    setText(dt, word);
    setText(dd, text);
    if (dd.className !== kind) dd.className = kind;
    if (dd.title !== title) dd.title = title;
  });
}
