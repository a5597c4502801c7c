// The player's place in the standings. Prices move on after the end of a round, but its standings are
// settled: that place stays until play goes on. No DOM in here.

export class Place {
  // isMe(user): whether a row is the player's own
  constructor(isMe) {
    this._isMe = isMe;
    this.rank = null;
    this.players = 0;
    this.isSettled = false; // it is that of a round that is over
    this._settledAt = null; // the playing time then, once it was told
    this._latest = null; // the last `standings`: as things stand, also while they are not shown
  }

  // A frame `standings`.
  take(frame) {
    this._latest = frame;
    if (!this.isSettled) this._show(frame);
  }

  // A frame `results`.
  settle(frame) {
    this.isSettled = true;
    this._settledAt = null;
    this._show(frame);
  }

  // That another round begins is not told to players: it is seen when the game is open again.
  playOn() {
    if (!this.isSettled) return;
    this.isSettled = false;
    if (this._latest !== null) this._show(this._latest);
  }

  // Seconds that were played so far: where there are more of them, play went on while nobody looked.
  tellTime(played) {
    if (this.isSettled && played > (this._settledAt ??= played)) this.playOn();
  }

  _show({ standings, players }) {
    this.rank = standings.find((row) => this._isMe(row.user))?.rank ?? null;
    this.players = players ?? standings.length;
  }
}
