// The tray: what the shortlist holds, and what can be done with it.

import { _ } from "../say.js";
import { copyText } from "./copy.js";
import {
  compareAddress,
  downloadAddress,
  explorerAddress,
  feedAddress,
  FEWEST_COMPARED,
  FORMATS,
  MOST_COMPARED,
  sharedAddress,
} from "./links.js";
import { say } from "./say.js";
import { drawStar } from "./stars.js";
import { add, clear, isKept, list, remove } from "./store.js";

/** @typedef {import("./store.js").Entry} Entry */

/**
 * @param {string} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * @param {string} words
 * @param {() => void} onPress
 * @param {Record<string, string>} [attributes]
 */
function makeButton(words, onPress, attributes = {}) {
  const button = make("button", { type: "button", ...attributes }, words);
  button.addEventListener("click", onPress);
  return button;
}

/**
 * Fills an element with the tray; `draw` brings it into step with the list.
 * @param {HTMLElement} box
 */
export function createTray(box) {
  box.classList.add("shortlist");
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", _("Shortlist"));
  const words = make("span");
  const compare = make("p", { class: "shortlist-compare" });
  const body = make("div", { class: "shortlist-body" });
  const summary = make("summary", {}, drawStar(), words);
  const details = make("details", {}, summary, body);
  box.replaceChildren(details, compare);
  /** What was there before it was cleared. @type {Entry[]} */
  let cleared = [];
  let shownBefore = false;

  /** Where the reader goes on when what had the focus is gone. @param {string} key */
  const focus = (key) => {
    const wanted = /** @type {HTMLElement | null} */ (body.querySelector(`[data-key="${CSS.escape(key)}"]`));
    (wanted ?? summary).focus();
  };

  /** @param {Entry} entry @param {number} place */
  const take = (entry, place) => {
    remove(entry.id);
    say(_("%(name)s removed from the shortlist.", { name: entry.name }));
    const rest = list();
    focus(rest.length ? `remove ${rest[Math.min(place, rest.length - 1)].id}` : "");
  };

  const clearAll = () => {
    cleared = clear();
    draw();
    say(_("The shortlist is empty now."));
    focus("undo");
  };

  const bringBack = () => {
    const back = add(cleared).length;
    cleared = [];
    draw();
    say(_("%(back)s brought back into the shortlist.", { back }));
    summary.focus();
  };

  /** @param {Entry} entry @param {number} place */
  const makeItem = (entry, place) => {
    const link = make("a", { href: `/blocks/${encodeURIComponent(entry.id)}` }, entry.name);
    const label = { "aria-label": _("Remove %(name)s from the shortlist", { name: entry.name }), "data-key": `remove ${entry.id}` };
    return make("li", {}, link, makeButton(_("Remove"), () => take(entry, place), label));
  };

  function draw() {
    const entries = list();
    const ids = entries.map(({ id }) => id);
    if (entries.length) cleared = [];
    shownBefore ||= entries.length > 0;
    box.hidden = !shownBefore;
    words.textContent = entries.length ? _("Shortlist: %(length)s", { length: entries.length }) : _("Shortlist: empty");
    compare.replaceChildren(...makeCompare(ids));
    const held = document.activeElement;
    const key = held instanceof HTMLElement && body.contains(held) ? held.dataset.key : undefined;
    body.replaceChildren(
      ...(isKept() ? [] : [make("p", { class: "small" }, NOT_KEPT)]),
      ...(entries.length ? [make("ol", {}, ...entries.map(makeItem))] : []),
      ...(entries.length ? makeActions(ids, clearAll) : [makeEmpty(cleared.length, bringBack)]),
    );
    if (key) focus(key);
  }

  return { draw };
}

const NOT_KEPT = _("This browser keeps nothing for this site: the shortlist goes when you leave the page.");

/** @param {string[]} ids */
function makeCompare(ids) {
  if (!ids.length) return [];
  if (ids.length < FEWEST_COMPARED) {
    const why = make("span", { class: "small quiet" }, _("Compare needs two blocks."));
    return [make("a", { class: "button", role: "link", "aria-disabled": "true" }, _("Compare")), " ", why];
  }
  const words = ids.length > MOST_COMPARED ? _("Compare the first %(most_compared)s", { most_compared: MOST_COMPARED }) : _("Compare");
  return [make("a", { class: "button button-main", href: compareAddress(ids) }, words)];
}

/**
 * @param {string[]} ids
 * @param {() => void} clearAll
 */
function makeActions(ids, clearAll) {
  const files = Object.entries(FORMATS).map(([ending, name]) => make("a", { href: downloadAddress(ending, ids) }, name));
  const follow = make("a", { href: feedAddress(ids), type: "application/atom+xml" }, _("Feed of their changes"));
  return [
    makeShare(ids),
    make("p", { class: "links-line" }, make("span", { class: "quiet" }, _("Download: ")), ...spaced(files)),
    make("p", { class: "links-line" }, make("span", { class: "quiet" }, _("Follow: ")), follow),
    make(
      "p",
      { class: "links-line" },
      make("a", { href: explorerAddress(ids) }, _("Show on the map")),
      " ",
      makeButton(_("Clear"), clearAll, { "data-key": "clear", "aria-label": _("Clear the shortlist") }),
    ),
  ];
}

/** The button copies; where that is not allowed, a field holds the link for the reader to copy. @param {string[]} ids */
function makeShare(ids) {
  const address = sharedAddress(ids);
  const place = make("p", { class: "shortlist-share" });
  const share = async () => {
    if (await copyText(address)) {
      say(_("Link copied."));
      button.textContent = _("Link copied");
      return;
    }
    const field = /** @type {HTMLInputElement} */ (
      make("input", { type: "text", readonly: "", value: address, "aria-label": _("Link to the shortlist, to copy") })
    );
    place.replaceChildren(button, field);
    field.focus();
    field.select();
    say(_("This browser does not let a page copy: the link is selected, copy it yourself."));
  };
  const button = makeButton(_("Share as link"), () => void share(), { "data-key": "share" });
  place.append(button);
  return place;
}

/**
 * @param {number} cleared
 * @param {() => void} bringBack
 */
function makeEmpty(cleared, bringBack) {
  const hint = make("p", {}, _("No block yet: the star beside a name adds one. The list stays on this device. "));
  if (cleared) hint.append(makeButton(_("Bring back"), bringBack, { "data-key": "undo" }));
  return hint;
}

/** @param {HTMLElement[]} elements */
function spaced(elements) {
  return elements.flatMap((element) => [element, " "]);
}
