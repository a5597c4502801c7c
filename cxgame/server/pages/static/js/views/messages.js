// What players say and what the exchange announces, newest first.

import { byId, el } from "../dom.js";
import { clockOf } from "../format.js";

const SHOWN = 40;

export function makeMessages(store) {
  const list = byId("messages");
  let shown = null; // the messages that stand there: another game has its own, numbered from 1
  let newest = 0;

  return () => {
    if (store.messages !== shown) {
      shown = store.messages;
      newest = 0;
      list.replaceChildren();
    }
    for (const message of store.messages) {
      if (message.id <= newest) continue;
      newest = message.id;
      list.prepend(line(message));
    }
    while (list.children.length > SHOWN) list.lastElementChild.remove();
  };
}

function line({ ts, kind, user, text }) {
  const row = el("li", `is-${kind}`);
  row.append(el("time", "", clockOf(ts)));
  if (user !== null && user !== undefined) row.append(el("b", "user", user));
  row.append(el("span", "text", text));
  return row;
}
