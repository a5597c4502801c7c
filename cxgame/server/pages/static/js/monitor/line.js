// What is known of one line to the server: is it there, how long is the way, what was lost.

const KEPT_MS = 60_000; // measurements of the last minute count
const KEPT = 600;

export const WAITING = "waiting";
export const LIVE = "live";
export const BROKEN = "broken";

export class Line {
  constructor(name) {
    this.name = name;
    this.state = WAITING;
    this.trips = []; // {at, ms}; ms null: no answer came
    this.gaps = null; // messages that were missed and noticed; null where nothing is numbered
    this.breaks = 0;
    this.heardAt = null; // `performance.now()` of the last word
  }

  heard() {
    this.heardAt = performance.now();
    this.state = LIVE;
  }

  answered(ms) {
    this.heard();
    this._keep(ms);
  }

  unanswered() {
    this._keep(null);
  }

  broke() {
    if (this.state !== BROKEN) this.breaks += this.heardAt === null ? 0 : 1;
    this.state = BROKEN;
  }

  get last() {
    return this.trips.findLast((trip) => trip.ms !== null)?.ms ?? null;
  }

  // The share of the last minute's questions that were answered; null before the first.
  get share() {
    const asked = this._recent();
    if (asked.length === 0) return null;
    return asked.filter((trip) => trip.ms !== null).length / asked.length;
  }

  // So many of all round trips are no longer than this.
  quantile(share) {
    const sorted = this._recent().map((trip) => trip.ms).filter((ms) => ms !== null).sort((a, b) => a - b);
    if (sorted.length === 0) return null;
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  }

  get silentS() {
    return this.heardAt === null ? null : (performance.now() - this.heardAt) / 1000;
  }

  _keep(ms) {
    this.trips.push({ at: performance.now(), ms });
    if (this.trips.length > KEPT) this.trips.splice(0, this.trips.length - KEPT);
  }

  _recent() {
    const since = performance.now() - KEPT_MS;
    return this.trips.filter((trip) => trip.at >= since);
  }
}
