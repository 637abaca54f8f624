// When a filter changes, the server sends the table and the filters anew, and the map follows.

import { _ } from "../say.js";
import { shapeForm } from "./device.js";
import { refresh } from "../layer.js";
import { showAll } from "../map.js";

/** @param {any} map */
export function followFilters(map) {
  let items = document.getElementById("head")?.dataset.items;
  let body = "";
  document.addEventListener("htmx:afterSettle", () => {
    const head = document.getElementById("head");
    const form = shapeForm().toString();
    if (!head || (head.dataset.items === items && form === body)) return;
    items = head.dataset.items;
    body = form;
    map.portal.options.matched = Number(head.dataset.matched);
    map.closePopup();
    const entry = map.portal.layers.find(({ options }) => options.kind === "blocks");
    if (entry && items) void refresh(map, entry, items, body)?.then(() => comeAlong(map, entry));
  });
  // An answer to what was ticked before would take back what is ticked now.
  document.addEventListener("change", ({ target }) => {
    const panel = /** @type {Element} */ (target).closest("#panel");
    if (panel) window.htmx?.trigger(panel, "htmx:abort");
  });
  // What could not be fetched is said; the page stays as it was.
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, () => {
      const notes = document.getElementById("page-notices");
      const note = document.createElement("div");
      note.className = "notice notice-error";
      note.setAttribute("role", "alert");
      note.textContent = _("The portal did not answer; what you see is as it was. Try again in a moment.");
      notes?.replaceChildren(note);
    });
  }
}

/** The map moves only where nothing of what was found would be seen. */
function comeAlong(map, entry) {
  if (!entry.features.length) return;
  const view = map.getBounds();
  const bounds = L.latLngBounds([]);
  let seen = false;
  for (const { properties } of entry.features) {
    if (properties.lat == null) continue;
    const place = L.latLng(properties.lat, properties.lon);
    bounds.extend(place);
    seen ||= view.contains(place);
  }
  if (!seen && bounds.isValid()) showAll(map, bounds.pad(0.2));
}
