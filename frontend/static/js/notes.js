// Lines over the map: what is being fetched, and what could not be.

import { _ } from "./say.js";

const PATIENCE_MS = 300;

/**
 * @param {any} map
 * @returns {{begin: (label: string) => {progress: Function, done: Function, fail: Function}}}
 */
export function createNotes(map) {
  const box = L.DomUtil.create("div", "map-notes", map.getContainer());
  box.setAttribute("aria-live", "polite");
  L.DomEvent.disableClickPropagation(box);
  return { begin: (label) => beginNote(box, label) };
}

/** A note that appears only if the work takes longer than a moment. */
function beginNote(box, label) {
  const note = document.createElement("p");
  note.className = "map-note";
  note.textContent = _("Loading %(label)s …", { label });
  const timer = setTimeout(() => box.append(note), PATIENCE_MS);
  const done = () => {
    clearTimeout(timer);
    note.remove();
  };
  return {
    done,
    progress: (got, of) => {
      note.textContent = of > got ? _("Loading %(label)s: %(got)s of %(of)s …", { label, got, of }) : _("Loading %(label)s …", { label });
    },
    fail: (reason, retry) => {
      done();
      box.append(failureNote(label, reason, retry));
    },
  };
}

/** The line stays until the reader tries again. */
function failureNote(label, reason, retry) {
  const note = document.createElement("p");
  note.className = "map-note is-failure";
  const text = document.createElement("span");
  text.textContent = _("%(label)s could not be loaded: %(replace)s. The rest of the map goes on.", { label, replace: reason.replace(/\.$/, "") });
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = _("Try again");
  button.addEventListener("click", () => {
    note.remove();
    retry();
  });
  note.append(text, button);
  return note;
}
