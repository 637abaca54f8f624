// Table and map point at each other: a row under the pointer lights its block, an open block lights its row.

import { closeIn } from "../map.js";
import { showTiled } from "../blocktiles.js";

const LIT = "is-lit";

/** @param {any} map */
export function linkRows(map) {
  const blocks = () => map.portal.layers.find(({ options }) => options.kind === "blocks");
  const rowOf = (id) => document.querySelector(`#table tr[data-id="${CSS.escape(id)}"]`);
  const pathOf = (id) => map.getContainer().querySelector(`path[data-id="${CSS.escape(id)}"]`);

  const light = (id, on) => {
    rowOf(id)?.classList.toggle(LIT, on);
    pathOf(id)?.classList.toggle(LIT, on);
  };
  const idAt = (target) => target.closest?.("#table tr[data-id]")?.dataset.id ?? target.closest?.("path[data-id]")?.dataset.id;
  for (const [name, on] of /** @type {[string, boolean][]} */ ([
    ["pointerover", true],
    ["pointerout", false],
    ["focusin", true],
    ["focusout", false],
  ])) {
    document.addEventListener(name, ({ target }) => {
      const id = idAt(/** @type {Element} */ (target));
      if (id) light(id, on);
    });
  }
  // A click beside the row's link shows the block on the map.
  document.addEventListener("click", ({ target }) => {
    const cell = /** @type {Element} */ (target);
    const row = /** @type {HTMLElement | null} */ (cell.closest?.("#table tr[data-id]"));
    if (!row?.dataset.id || cell.closest("a, button")) return;
    show(map, blocks(), row.dataset.id);
  });
  map.on("popupopen", ({ popup }) => {
    const path = popup._source?.getElement?.();
    const id = path?.dataset?.id;
    if (id) map.fire("portal:block", { id });
  });
  map.on("portal:block", ({ id }) => {
    for (const row of document.querySelectorAll(`#table tr.${LIT}`)) row.classList.remove(LIT);
    rowOf(id)?.classList.add(LIT);
  });
  const asked = map.portal.options.block;
  const first = blocks();
  if (asked && first) {
    const ready = window.portalMaps?.find(({ map: other }) => other === map)?.ready;
    void Promise.resolve(ready).then(() => show(map, first, asked, !map.portal.options.place));
  }
}

/** Open a block's popup, near enough to be seen. */
function show(map, entry, id, near = true) {
  if (!entry) return;
  const block = entry.find?.(id);
  if (!block) {
    if (entry.tiles) void showTiled(map, entry, id);
    return;
  }
  if (near && !map.getBounds().contains(block.bounds)) closeIn(map, block.bounds);
  requestAnimationFrame(() => block.drawn.openPopup());
}
