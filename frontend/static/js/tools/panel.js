// The box beside the toolbar: what the tool in hand does, how to go on, what went wrong.

import { _ } from "../say.js";
import { element } from "../popups.js";
import { Refusal } from "./positions.js";

/**
 * @typedef {object} Panel
 * @property {HTMLElement} box
 * @property {(title: string, ...parts: (Node | null)[]) => void} open
 * @property {() => void} close
 * @property {(text: string) => void} say instruction, also read out
 * @property {(text: string) => void} speak read out, not seen: what is written elsewhere already
 * @property {(text: string) => void} show a figure that changes with each movement: seen, not read out
 * @property {(px: number) => {paddingTopLeft: [number, number], paddingBottomRight: [number, number]}} room what
 *   fitBounds must leave free, so that the box covers nothing
 * @property {(text: string) => void} refuse what is wrong; "" when it no longer is
 */

/** @param {any} map @param {() => void} onClose @returns {Panel} */
export function createPanel(map, onClose) {
  const title = element("h2", { class: "tool-title" });
  const hint = element("p", { class: "tool-hint" });
  const figure = element("p", { class: "tool-figure" });
  const body = element("div", { class: "tool-body" });
  const alert = element("p", { class: "tool-alert", role: "alert" });
  const head = element("div", { class: "tool-head" }, title, button(_("Close"), onClose, "tool-close"));
  const box = element("section", { class: "tool-panel", tabindex: "-1" }, head, hint, figure, alert, body);
  box.hidden = true;
  // Read out even when the box has just appeared: a live region must be there before its words.
  const spoken = element("p", { class: "visually-hidden", role: "status" });
  map.getContainer().append(spoken, box);
  L.DomEvent.disableClickPropagation(box);
  L.DomEvent.disableScrollPropagation(box);
  const write = (place) => (text) => {
    place.textContent = text;
    place.hidden = !text;
  };
  /** @type {Panel} */
  const panel = {
    box,
    show: write(figure),
    refuse: (text) => {
      alert.textContent = text;
      if (text) alert.scrollIntoView({ block: "nearest" });
    },
    say: (text) => {
      write(hint)(text);
      spoken.textContent = text;
    },
    speak: (text) => {
      spoken.textContent = text;
    },
    open: (words, ...parts) => {
      title.textContent = words;
      box.setAttribute("aria-label", words);
      for (const clear of [panel.show, panel.refuse, write(hint)]) clear("");
      body.replaceChildren(...parts.filter((part) => part !== null));
      box.hidden = false;
    },
    room: (px) => {
      const isFoot = map.getContainer().classList.contains("is-small");
      const left = box.hidden || isFoot ? 0 : box.offsetLeft + box.offsetWidth;
      const foot = box.hidden || !isFoot ? 0 : box.offsetHeight;
      return { paddingTopLeft: [left + px, px], paddingBottomRight: [px, foot + px] };
    },
    close: () => {
      box.hidden = true;
      body.replaceChildren();
      panel.refuse("");
      hint.textContent = "";
    },
  };
  return panel;
}

/** @param {string} words @param {() => void} press @param {string} [name] */
export function button(words, press, name = "") {
  const made = element("button", { type: "button", class: name }, words);
  made.addEventListener("click", press);
  return made;
}

/** @param {...HTMLElement | null} buttons */
export const actions = (...buttons) => element("div", { class: "tool-actions" }, ...buttons);

/**
 * A form under a heading that opens it; what it refuses is said in the panel.
 * @param {Panel} panel
 * @param {object} form
 * @param {string} form.heading
 * @param {{name: string, label: string, value?: string, rows?: number, hint?: string}[]} form.fields
 * @param {string} form.submit words of its button
 * @param {(values: Record<string, string>) => void} form.use
 */
export function foldedForm(panel, { heading, ...form }) {
  return element("details", { class: "tool-fold-form" }, element("summary", {}, heading), makeForm(panel, form));
}

/** The same form, open. */
export function makeForm(panel, { fields, submit, use }) {
  const inputs = fields.map(makeField);
  const form = element("form", { class: "tool-form", novalidate: "", autocomplete: "off" });
  form.append(...inputs.map(({ box }) => box), element("button", { type: "submit" }, submit));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    panel.refuse("");
    attempt(panel, () => use(Object.fromEntries(inputs.map(({ name, input }) => [name, input.value]))));
  });
  return form;
}

let made = 0;

function makeField({ name, label, value = "", rows, hint }) {
  const input = rows
    ? element("textarea", { name, rows: String(rows), spellcheck: "false" })
    : element("input", { name, type: "text", inputmode: "text", spellcheck: "false" });
  input.value = value;
  input.id = `tool-field-${(made += 1)}`;
  const box = element("div", { class: rows ? "tool-field is-wide" : "tool-field" }, element("label", { for: input.id }, label), input);
  if (hint) {
    box.insertBefore(element("small", { class: "hint", id: `${input.id}-hint` }, hint), input);
    input.setAttribute("aria-describedby", `${input.id}-hint`);
  }
  return { name, input, box };
}

/**
 * Do something; a refusal becomes a sentence in the panel.
 * @param {Panel} panel
 * @param {() => void} act
 * @returns {boolean} whether it was done
 */
export function attempt(panel, act) {
  try {
    act();
    return true;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    panel.refuse(error.message);
    return false;
  }
}

/**
 * @param {string} text
 * @param {string} label what it is the number of
 */
export function parseNumber(text, label) {
  const clean = text.trim().replace("−", "-");
  const value = Number(clean);
  if (clean && Number.isFinite(value)) return value;
  throw new Refusal(clean ? _("%(label)s: “%(slice)s” is no number.", { label, slice: clean.slice(0, 40) }) : _("%(label)s is missing.", { label }));
}
