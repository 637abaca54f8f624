// The shortlist: blocks that a reader keeps on this device. A page includes this module and css/shortlist.css, and
// writes, where it likes,
//   <button type="button" data-star="BLOCK_ID" data-name="Block name" hidden></button>   a star to press;
//     with `data-words` the word stands beside it
//   <div data-shortlist hidden></div>   the tray; the class `is-docked` keeps it at the foot of the window
//   <button type="button" data-keep="ID,ID" hidden>…</button>   keeps blocks whose stars are on the page
//   <button type="button" data-copy="FIELD_ID" hidden>Copy</button>   copies the text of a field
// What arrives later is seen as well; without scripts all of them stay hidden.

import { _, ngettext } from "./say.js";
import { copyText } from "./shortlist/copy.js";
import { say } from "./shortlist/say.js";
import { add, has, list, MOST, onChange, remove, rename } from "./shortlist/store.js";
import { createTray } from "./shortlist/tray.js";
import { dressStar } from "./shortlist/stars.js";

const OURS = "[data-star], [data-shortlist], [data-keep], [data-copy]";

/** @type {WeakMap<Element, {draw: () => void}>} */
const trays = new WeakMap();

/**
 * Brings what of ours is in `root` into step with the shortlist. Called by itself for all that arrives on the page.
 * @param {ParentNode} [root]
 */
export function refresh(root = document) {
  for (const element of root.querySelectorAll(OURS)) show(/** @type {HTMLElement} */ (element));
}

/** @param {HTMLElement} element */
function show(element) {
  if (element.dataset.star) dressStar(element, has(element.dataset.star));
  else if (element.dataset.keep !== undefined) showKeep(element);
  else if (element.dataset.copy) element.hidden = false;
  else if (element.dataset.shortlist !== undefined) {
    let tray = trays.get(element);
    if (!tray) trays.set(element, (tray = createTray(element)));
    tray.draw();
  }
}

/** @param {HTMLElement} button */
function showKeep(button) {
  button.hidden = idsToKeep(button).every(has);
}

/** @param {HTMLElement} button */
function idsToKeep(button) {
  return (button.dataset.keep ?? "").split(",").filter(Boolean);
}

/**
 * The name that the page gives a block.
 * @param {string} id
 */
function nameOf(id) {
  const star = /** @type {HTMLElement | null} */ (document.querySelector(`[data-star="${CSS.escape(id)}"]`));
  return star?.dataset.name || id;
}

/** @param {HTMLElement} button */
function toggle(button) {
  const id = button.dataset.star ?? "";
  const name = button.dataset.name || id;
  if (has(id)) {
    remove(id);
    say(_("%(name)s removed from the shortlist. %(count)s", { name, count: count() }));
  } else if (add([{ id, name }]).length) say(_("%(name)s added to the shortlist. %(count)s", { name, count: count() }));
  else say(_("The shortlist is full: it holds %(most)s blocks. Remove one first.", { most: MOST }));
}

/** @param {HTMLElement} button */
function keep(button) {
  const ids = idsToKeep(button);
  const added = add(ids.map((id) => ({ id, name: nameOf(id) })));
  const missed = ids.filter((id) => !has(id)).length;
  const full = missed ? _(" %(missed)s did not fit: the shortlist holds %(most)s blocks.", { missed, most: MOST }) : "";
  say(_("%(length)s added to the shortlist.%(full)s %(count)s", { length: blocks(added.length), full, count: count() }));
  // The button goes; whoever pressed it goes on at what it filled.
  const summary = /** @type {HTMLElement | null} */ (document.querySelector("[data-shortlist] summary"));
  if (button.hidden) summary?.focus();
}

/** @param {HTMLElement} button */
async function copyField(button) {
  const field = /** @type {HTMLInputElement | null} */ (document.getElementById(button.dataset.copy ?? ""));
  if (!field) return;
  if (await copyText(field.value)) say(_("Link copied."));
  else {
    field.focus();
    field.select();
    say(_("This browser does not let a page copy: the link is selected, copy it yourself."));
  }
}

/** @param {number} number */
function blocks(number) {
  return ngettext("%(num)s block", "%(num)s blocks", number);
}

function count() {
  const { length } = list();
  return length ? _("It holds %(length)s.", { length: blocks(length) }) : _("It is empty.");
}

document.addEventListener("click", (event) => {
  const target = /** @type {Element | null} */ (event.target);
  const button = /** @type {HTMLElement | null} */ (target?.closest?.("[data-star], [data-keep], [data-copy]"));
  if (button?.dataset.star) toggle(button);
  else if (button?.dataset.keep !== undefined) keep(button);
  else if (button?.dataset.copy) void copyField(button);
});

/** Names as the page has them now: a block may have been renamed since it was kept. */
function learnNames() {
  /** @type {Map<string, string>} */
  const names = new Map();
  for (const star of document.querySelectorAll("[data-star][data-name]")) {
    const { star: id, name } = /** @type {HTMLElement} */ (star).dataset;
    if (id && name) names.set(id, name);
  }
  rename(names);
}

/** @param {MutationRecord[]} changes */
function onArrival(changes) {
  let mine = false;
  for (const { type, target, addedNodes } of changes) {
    const arrived = type === "attributes" ? [target] : addedNodes;
    for (const node of arrived) {
      if (!(node instanceof HTMLElement)) continue;
      if (node.matches(OURS)) show(node);
      if (type === "childList") refresh(node);
      mine ||= node.matches("[data-star]") || node.querySelector("[data-star]") !== null;
    }
  }
  if (mine) learnNames();
}

onChange(() => refresh());
refresh();
learnNames();
new MutationObserver(onArrival).observe(document.body, {
  childList: true,
  subtree: true,
  attributeFilter: ["data-star", "data-name", "data-keep"],
});
