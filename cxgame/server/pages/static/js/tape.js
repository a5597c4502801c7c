// The order of the feed: which frames are next, repeated, or beyond a hole. Pure.
//
// A frame with `seq` names in `prev_seq` the frame before it that this subscription was due: a
// filter is no hole, a loss is one.

export const TAKE = "take";
export const DROP = "drop";
export const HOLE = "hole";

export class Tape {
  constructor() {
    this.seq = null; // how far the feed was read; null: not known yet
    this.game = null;
  }

  // Place a frame. A numbered frame that is taken moves the tape.
  judge(frame) {
    const { seq, prev_seq: before } = frame;
    if (!Number.isInteger(seq)) return TAKE;
    if (frame.type === "resync") {
      this.seq = seq; // what was missed is out of reach: go on from there
      return TAKE;
    }
    if (!Number.isInteger(before)) return TAKE;
    if (this.seq !== null) {
      if (seq <= this.seq) return DROP;
      if (before > this.seq) return HOLE;
    }
    this.seq = seq;
    return TAKE;
  }

  // Compare a `hello` with the tape: true if it begins another one. The tape then stands `back`
  // events before the present, so that a resume shows how it came to this.
  greet(hello, back) {
    const game = `${hello.game}.${hello.number}`;
    const another = this.game !== game || this.seq === null || hello.seq < this.seq;
    this.game = game;
    if (another) this.seq = Math.max(0, hello.seq - back);
    return another;
  }
}
