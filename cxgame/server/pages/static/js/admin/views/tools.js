// A word to everyone, a price by hand, a look into the books.

import { byId, el, offer, setText } from "../../dom.js";
import { say, sayReply, whenPressed, whenSent } from "../pressing.js";

export function makeTools(office, asking) {
  const message = byId("message");
  const symbol = byId("quote-symbol");

  whenSent(byId("speak"), async () => {
    const reply = await asking.command("announce", { message: message.value.trim() });
    if (sayReply(byId("speak-answer"), reply)) message.value = "";
  });
  message.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    byId("speak").requestSubmit();
  });
  whenSent(byId("quote"), async () => {
    const price = byId("quote-price").value.trim();
    const reply = await asking.command("set_price", { symbol: symbol.value, price });
    const { data } = reply;
    sayReply(byId("quote-answer"), reply, data && `${data.symbol} is quoted at ${data.price}.`);
  });
  whenPressed(byId("audit"), async () => {
    say(byId("audit-answer"), "Checking …");
    showAudit(await asking.command("audit"));
  });

  return () => offer(symbol, office.markets.map((market) => [market.symbol, market.symbol]));
}

function showAudit(reply) {
  const answer = byId("audit-answer");
  const totals = byId("totals");
  totals.hidden = !reply.status;
  if (!reply.status) return say(answer, reply.message, true);
  const { violations, totals: sums, state_hash: hash } = reply.data;
  const isSound = violations.length === 0;
  say(answer, isSound ? "✓ The books are right." : `✗ ${violations.join("; ")}`, !isSound);
  const rows = [...Object.entries(sums), ["State", hash]];
  totals.replaceChildren(...rows.map(([name, value]) => el("div", "", el("dt", "", name), el("dd", "", value))));
  return setText(byId("audit"), "Check again");
}
