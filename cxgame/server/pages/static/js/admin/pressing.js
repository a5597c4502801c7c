// Buttons and forms: what is pressed is asked once, and what comes of it is said beside it.

import { setClass, setText } from "../dom.js";

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
  button.addEventListener("click", () => once(button, act));
}

export function whenSent(form, act) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    once(form.querySelector("[type=submit]"), act);
  });
}

// What cannot be undone wants a second press, soon and on the same button.
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
  button.addEventListener("click", () => {
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
