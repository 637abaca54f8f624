// Suggestions as one types: minerals, places, blocks, companies. Without them the search works all the same.

import { _, inLanguage } from "../say.js";
import { element } from "../popups.js";
import { numberWords } from "../words.js";

const QUIET_MS = 120;
const LEAST_LETTERS = 2;

/** @typedef {{text: string, detail?: string | null, href: string, count?: number | null}} Suggestion */

export function suggest() {
  const input = /** @type {HTMLInputElement | null} */ (document.getElementById("site-q"));
  const form = input?.closest("form");
  if (!input || !form) return;
  const list = element("div", { class: "suggestions", id: "suggestions", role: "listbox", "aria-label": _("Suggestions") });
  list.hidden = true;
  form.append(list);
  for (const [name, value] of [
    ["role", "combobox"],
    ["aria-expanded", "false"],
    ["aria-controls", "suggestions"],
    ["aria-autocomplete", "list"],
  ]) {
    input.setAttribute(name, value);
  }
  /** @type {AbortController | null} */
  let asking = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  let at = -1;

  const options = () => /** @type {HTMLElement[]} */ ([...list.querySelectorAll('[role="option"]')]);
  const close = () => {
    list.hidden = true;
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (place) => {
    const all = options();
    at = all.length ? (place + all.length) % all.length : -1;
    all.forEach((option, i) => option.setAttribute("aria-selected", String(i === at)));
    if (at >= 0) {
      input.setAttribute("aria-activedescendant", all[at].id);
      all[at].scrollIntoView({ block: "nearest" });
    }
  };
  const ask = async () => {
    const text = input.value.trim();
    asking?.abort();
    if (text.length < LEAST_LETTERS) return close();
    asking = new AbortController();
    try {
      const answer = await fetch(inLanguage(`/api/suggestions?q=${encodeURIComponent(text)}`), { signal: asking.signal });
      if (!answer.ok) return close();
      const { groups } = await answer.json();
      show(groups);
    } catch {
      // A newer question, or no network: the search itself will say so.
    }
  };
  const show = (groups) => {
    let number = 0;
    const filled = groups.filter((group) => group.suggestions.length);
    list.replaceChildren(
      ...filled.map((group) =>
        element(
          "div",
          { role: "group", "aria-label": group.title },
          element("p", { class: "suggestions-title", "aria-hidden": "true" }, group.title),
          ...group.suggestions.map((one) => optionOf(one, (number += 1))),
        ),
      ),
    );
    at = -1;
    list.hidden = !filled.length || document.activeElement !== input;
    input.setAttribute("aria-expanded", String(!list.hidden));
  };

  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, QUIET_MS);
  });
  // Typed before this script was there.
  if (document.activeElement === input && input.value !== input.defaultValue) waiting = setTimeout(ask, QUIET_MS);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (list.hidden) return;
      event.preventDefault();
      mark(event.key === "ArrowDown" ? at + 1 : at < 0 ? -1 : at - 1);
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      location.assign(options()[at].dataset.href ?? "/");
    }
  });
  input.addEventListener("blur", () => setTimeout(close, 150));
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", ({ target }) => {
    const option = /** @type {HTMLElement | null} */ (/** @type {Element} */ (target).closest('[role="option"]'));
    if (option?.dataset.href) location.assign(option.dataset.href);
  });
}

/** @param {Suggestion} one @param {number} number */
function optionOf(one, number) {
  return element(
    "div",
    { role: "option", id: `suggestion-${number}`, class: "suggestion", "data-href": one.href, "aria-selected": "false" },
    element("span", {}, one.text),
    one.detail ? element("span", { class: "quiet small" }, ` ${one.detail}`) : null,
    one.count == null ? null : element("span", { class: "count" }, ` ${numberWords(one.count)}`),
  );
}
