// Buttons and forms: what is pressed is asked once, and what comes of it is said beside it.

import { setClass, setText, whenClicked } from "../dom.js";

const PATIENCE_MS = 5000; // for the second press

export function say(element, text, isBad = false) {
  setText(element, text);
  setClass(element, "bad", isBad);
}

// The reply of a command, in words.
export function sayReply(element, reply, text = reply.message) {
  say(element, reply.status ? text : reply.message, !reply.status);
  return reply.status;
}

export function whenPressed(button, act) {
  whenClicked(button, () => once(button, act));
}

export function whenSent(form, act) {
  const button = form.querySelector("[type=submit]");
  button.addEventListener("click", (event) => {
    if (event.detail > 1) event.preventDefault(); // a double click, which sends once
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    once(button, act);
  });
}

// What cannot be undone wants a second press, soon and on the same button. Returns what takes the
// first one back.
export function whenPressedTwice(button, words, answer, act) {
  let armed = null;
  let before = "";
  const calm = () => {
    if (armed === null) return;
    clearTimeout(armed);
    armed = null;
    setText(button, before);
    setClass(button, "armed", false);
    if (answer.textContent === words()) say(answer, "");
  };
  whenClicked(button, () => {
    if (armed === null) {
      before = button.textContent;
      armed = setTimeout(calm, PATIENCE_MS);
      setText(button, "Press again");
      setClass(button, "armed", true);
      say(answer, words());
    } else {
      calm();
      once(button, act);
    }
  });
  button.addEventListener("blur", calm);
  return calm;
}

async function once(button, act) {
  if (button.dataset.busy) return;
  button.dataset.busy = "yes";
  button.setAttribute("aria-busy", "true");
  try {
    await act();
  } finally {
    delete button.dataset.busy;
    button.removeAttribute("aria-busy");
  }
}
