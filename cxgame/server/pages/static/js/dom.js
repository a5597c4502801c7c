// Building and changing the page. Text of players reaches it by `textContent` alone: there is no
// way in this file, and none is used elsewhere, by which text becomes markup.

export function el(tag, className = "", ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children); // strings become text nodes
  return element;
}

export function byId(id) {
  return document.getElementById(id);
}

// Write only what differs: a text that is set anew costs a layout even when it is the same.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setClass(element, name, on) {
  element.classList.toggle(name, Boolean(on));
}

export function setVar(element, name, value) {
  if (element.style.getPropertyValue(name) !== value) element.style.setProperty(name, value);
}

// A double click is one press: what the first one did may have put something else in its place.
export function whenClicked(button, act) {
  button.addEventListener("click", (event) => {
    if (event.detail < 2) act();
  });
}

// The choices of a list, as [value, text], without touching what is chosen where it is still there.
export function offer(select, choices) {
  const known = [...select.options].map((option) => option.value).join("\n");
  if (known === choices.map(([value]) => value).join("\n")) return;
  const before = select.value;
  select.replaceChildren(...choices.map(([value, text]) => Object.assign(el("option", "", text), { value })));
  if (choices.some(([value]) => value === before)) select.value = before;
}

// Rows that are used again instead of being made: `make` builds one, `fill` writes an item to it.
export class Rows {
  constructor(parent, make) {
    this._parent = parent;
    this._make = make;
    this._rows = [];
  }

  show(items, fill) {
    while (this._rows.length < items.length) {
      const row = this._make();
      this._rows.push(row);
      this._parent.append(row.element);
    }
    this._rows.forEach((row, index) => {
      const used = index < items.length;
      if (row.element.hidden === used) row.element.hidden = !used;
      if (used) fill(row, items[index], index);
    });
  }
}

// How large an element is, without making the browser lay out the page for the answer: it says so
// itself when that changes.
const sizes = new WeakMap();
let resized = () => {};
const observer = new ResizeObserver((entries) => {
  for (const { target } of entries) sizes.set(target, measure(target));
  resized();
});

export function whenResized(callback) {
  resized = callback;
}

export function sizeOf(element) {
  if (!sizes.has(element)) {
    sizes.set(element, measure(element));
    observer.observe(element);
  }
  return sizes.get(element);
}

function measure({ clientWidth: width, clientHeight: height }) {
  return { width, height };
}

// A canvas with as many dots as the screen has, cleared, or null while it is not shown.
export function sharp(canvas) {
  const { width, height } = sizeOf(canvas);
  if (width === 0 || height === 0) return null;
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}
