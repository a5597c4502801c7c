// The playing time that is left: it is told now and then, and runs down in between.

export class Countdown {
  constructor() {
    this._seconds = null; // at `_since`; null in an endless game
    this._since = 0; // `performance.now()`
    this._pace = 0;
  }

  get left() {
    if (this._seconds === null) return null;
    const passed = (performance.now() - this._since) / 1000;
    return Math.max(0, this._seconds - passed * this._pace);
  }

  // How it stands now, in seconds of play.
  tell(seconds) {
    this._seconds = seconds;
    this._since = performance.now();
  }

  // From now on so many seconds of play in a second; 0 while it stands still.
  run(pace) {
    if (pace === this._pace) return;
    this.tell(this.left);
    this._pace = pace;
  }
}
