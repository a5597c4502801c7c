// From what is written in the ticket to the parameters of an `order`.

const FORCES = {
  gtc: "until cancelled",
  ioc: "now or never",
  fok: "all now or nothing",
  gtd: "a time",
  day: "this round",
};

// Limit orders have all of them; market orders wait only for a trigger.
export function forcesOf({ type, trigger }) {
  const names = type === "limit" || trigger ? ["gtc", "ioc", "fok", "gtd", "day"] : ["gtc", "ioc", "fok"];
  const market = type === "market" && !trigger;
  return (market ? [["", "now"]] : []).concat(names.filter((name) => !market || name === "fok").map((name) => [name, FORCES[name]]));
}

// Which fields an order of this kind has.
export function shownFields({ side, type, tif, trigger, size }) {
  const shown = new Set(["symbol", "type", "tif", "size", "trigger", "stp"]);
  const limit = type === "limit";
  if (limit) shown.add("price").add("post");
  if (!limit && side === "buy") shown.add("amount");
  if (tif === "gtd") shown.add("expires");
  if (trigger) shown.add("by").add(trigger === "trailing" ? "trail" : "at");
  if (trigger && !limit && side === "buy" && size) shown.add("most");
  return shown;
}

// {params, missing}: what still has to be written, as a sentence, or null.
export function paramsOf(written) {
  const { symbol, side, type, tif, price, size, amount, expires, trigger, by, at, trail, most, stp, post } = written;
  const shown = shownFields(written);
  const params = { symbol, side, type };
  const budget = shown.has("amount") && amount && !size;
  if (shown.has("price")) params.price = plain(price);
  if (budget) params.amount = plain(amount);
  else params.size = plain(size);
  if (tif) params.time_in_force = tif;
  if (shown.has("expires")) params.expires = expires;
  if (shown.has("post") && post) params.post_only = true;
  if (stp) params.stp = stp;
  if (trigger) {
    Object.assign(params, { trigger, trigger_by: by });
    if (trigger !== "trailing") params.trigger_price = plain(at);
    else if (trail.endsWith("%")) params.trail_percent = plain(trail.slice(0, -1));
    else params.trail = plain(trail);
    if (shown.has("most") && !budget) params.max_price = plain(most);
  }
  const empty = Object.keys(params).find((name) => params[name] === "");
  return { params, missing: empty === undefined ? null : (MISSING[empty] ?? "Fill in the order.") };
}

const MISSING = {
  price: "A limit order needs a price.",
  size: "How much? Fill in a size.",
  amount: "For how much money?",
  expires: "When does it expire? Such as +10m.",
  trigger_price: "At which price does it fire?",
  trail: "At which distance does it follow? Such as 5.00 or 2%.",
  trail_percent: "At which distance does it follow? Such as 5.00 or 2%.",
  max_price: "A market order by size with a trigger needs a highest price.",
  symbol: "There is no market yet.",
};

// "10 000.5" as people write it; everything else is the exchange's to judge.
function plain(text) {
  return text.replace(/[\s\u202f\u00a0_]/g, "");
}
