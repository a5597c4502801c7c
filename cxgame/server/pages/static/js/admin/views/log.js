// What organisers have done, as the feed tells everyone.

import { Rows, byId, el, setText } from "../../dom.js";
import { clockOf } from "../../format.js";

const SHOWN = 60;

export function makeLog(office) {
  const rows = new Rows(byId("acts"), () => {
    const [time, who, text] = [el("time"), el("span", "who"), el("span", "text")];
    return { element: el("li", "", time, text, who), time, who, text };
  });

  return () => {
    byId("acts-empty").hidden = office.acts.length > 0;
    rows.show(office.acts.slice(0, SHOWN), ({ element, time, who, text }, act) => {
      element.dataset.act = act.act;
      setText(time, clockOf(act.ts));
      setText(who, act.user);
      setText(text, act.act === "announce" ? `“${act.text}”` : act.text);
    });
  };
}
