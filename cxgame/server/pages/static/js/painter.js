// When panels are drawn: at most once per frame of the screen, and only those that changed.

export class Painter {
  constructor() {
    this.frames = 0; // drawn so far
    this._draws = new Map(); // panel → function
    this._due = new Set();
    this._asked = false;
  }

  register(panel, draw) {
    this._draws.set(panel, draw);
  }

  due(...panels) {
    for (const panel of panels) this._due.add(panel);
    if (this._asked) return;
    this._asked = true;
    requestAnimationFrame(() => this._paint());
  }

  all() {
    this.due(...this._draws.keys());
  }

  _paint() {
    this._asked = false;
    const due = [...this._due];
    this._due.clear();
    for (const panel of due) this._draws.get(panel)?.();
    this.frames += 1;
  }
}
