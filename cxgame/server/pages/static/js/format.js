// Numbers and times as people read them. Money stays the text that the exchange wrote: it is
// grouped and cut, never computed with.

const GROUP = "\u202f"; // narrow, and no place to break a line

// "10000.00" → "10 000.00"
export function grouped(text) {
  const [whole, fraction] = String(text).split(".");
  const digits = whole.replace(/\B(?=(\d{3})+$)/g, GROUP);
  return fraction === undefined ? digits : `${digits}.${fraction}`;
}

// How many digits wide a number is; what stands between them is narrow.
export function digitsOf(text) {
  return text.replace(/\D/g, "").length;
}

// Equity in the standings: to the cent, which is more than a screen needs.
export function money(text) {
  const [whole, fraction = ""] = String(text).split(".");
  return grouped(`${whole}.${fraction.padEnd(2, "0").slice(0, 2)}`);
}

// "0.5000000000" → "0.5"; at most `places` decimals, cut and not rounded.
export function size(text, places = 6) {
  const [whole, fraction = ""] = String(text).split(".");
  const kept = fraction.slice(0, places).replace(/0+$/, "");
  if (kept === "" && Number(whole) === 0 && Number(text) > 0) return `<${(10 ** -places).toFixed(places)}`;
  return kept === "" ? grouped(whole) : `${grouped(whole)}.${kept}`;
}

// A JSON number as text, small ones too: 5e-8 → "0.00000005".
export function plain(value) {
  const text = String(value);
  return text.includes("e-") ? Number(value).toFixed(20).replace(/0+$/, "") : text;
}

// A number that was computed, such as a gap between two players.
export function number(value, places = 2) {
  return grouped(value.toFixed(places));
}

export function signed(value, places = 2) {
  const sign = value > 0 ? "+" : value < 0 ? "\u2212" : "";
  return sign + number(Math.abs(value), places);
}

export function arrow(change) {
  return change > 0 ? "\u25b2" : change < 0 ? "\u25bc" : "\u2013";
}

export function clockOf(ts) {
  const date = new Date(ts * 1000);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
}

// Seconds of play that are left: "4:05", "1:04:05".
export function duration(seconds) {
  const left = Math.max(0, Math.ceil(seconds));
  const hours = Math.floor(left / 3600);
  const minutes = Math.floor(left / 60) % 60;
  const rest = two(left % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

// How many decimals a price has, by the market's tick.
export function placesOf(tick) {
  return (String(tick).split(".")[1] ?? "").length;
}

const PHASES = {
  "": "Connecting",
  registration: "Registration",
  open: "Live",
  paused: "Paused",
  closed: "Final",
};

export function phaseName(phase) {
  return PHASES[phase] ?? phase;
}

function two(value) {
  return String(value).padStart(2, "0");
}
