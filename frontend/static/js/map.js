// The map itself: bounds, panes, what all layers share.

import { _ } from "./say.js";
import { createLabels } from "./labels.js";
import { LEGEND_PX, legendIsOpenAtFirst } from "./legend.js";
import { createNotes } from "./notes.js";
import { addStates } from "./states.js";
import { THEMES } from "./themes.js";

/**
 * @typedef {object} MapOptions
 * @property {[number, number, number, number]} bounds west, south, east, north, degrees
 * @property {string} states address of the states' outlines
 * @property {string | null} focus slug of the state that stands out
 * @property {Record<string, any>} words tables of words, from the server
 * @property {string} theme what the colours of blocks tell
 * @property {[number, number, number] | null} place zoom, latitude and longitude to begin with, in place of the bounds
 * @property {string | null} block id of the block whose popup is open at first
 * @property {number} matched how many blocks there are
 * @property {any} shape GeoJSON of the shape that blocks are asked to meet, or null
 * @property {number} buffer_km
 * @property {number | null} most_shapes of more blocks than this the map draws tiles
 */

const NEAR_ZOOM = 11;
const FAR_ZOOM = 7;
const CLOSEST_FIT = 13;
const CLOSEST_BLOCK = 17;
const BLOCK_PX = 120;
const SCALE_PX = 240;
const CREDIT = _("State outlines: Natural Earth; DataMeet India community, CC BY 4.0; not a survey boundary");

/**
 * Make the map in the element of that id. What the layers share hangs at `map.portal`.
 * @param {string} id
 * @param {MapOptions} options
 */
export function map(id, options) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const [west, south, east, north] = options.bounds;
  const made = L.map(id, {
    zoomAnimation: !still,
    fadeAnimation: !still,
    markerZoomAnimation: !still,
    inertia: !still,
    zoomSnap: 0.5,
    minZoom: 2,
    maxZoom: 18,
  });
  made.attributionControl.setPrefix('<a href="https://leafletjs.com">Leaflet</a>');
  made.attributionControl.addAttribution(CREDIT);
  const container = made.getContainer();
  container.querySelector("noscript")?.remove();
  container.classList.add(`by-${THEMES.includes(options.theme) ? options.theme : "status"}`);
  made.on("zoomend", () => {
    container.classList.toggle("zoom-near", made.getZoom() >= NEAR_ZOOM);
    container.classList.toggle("zoom-far", made.getZoom() < FAR_ZOOM);
  });
  made.fitBounds(
    [
      [south, west],
      [north, east],
    ],
    fit(made, CLOSEST_FIT),
  );
  if (options.place) made.setView([options.place[1], options.place[2]], options.place[0], { animate: false });
  made.portal = {
    words: options.words,
    theme: options.theme,
    options,
    focus: options.focus,
    layers: [],
    waiting: [],
    notes: createNotes(made),
    labels: createLabels(made),
  };
  returnFocusAfterPopups(made);
  keepClearOfCredits(made);
  made.portal.waiting.push(addStates(made, options.states));
  return made;
}

/**
 * All layers are declared: say when those that are on have settled, one way or the other.
 * @param {any} made
 */
export function finish(made) {
  easeLayerControl(made);
  // Its title is what it shows.
  made.getContainer().querySelector(".leaflet-control-layers-toggle")?.setAttribute("title", _("Layers"));
  const ready = Promise.allSettled(made.portal.waiting).then(async () => {
    await new Promise((done) => setTimeout(done)); // what they changed is told by then
    made.getContainer().dataset.ready = "true";
  });
  window.portalMaps = [...(window.portalMaps ?? []), { ready, map: made, layers: made.portal.layers }];
  document.dispatchEvent(new CustomEvent("portal:map", { detail: made }));
}

/**
 * Show all of the box, clear of the legend.
 * @param {any} made
 * @param {any} bounds
 */
export function showAll(made, bounds) {
  made.fitBounds(bounds, fit(made, CLOSEST_FIT));
}

/** @returns {import("leaflet").FitBoundsOptions} */
const fit = (made, maxZoom) => ({
  animate: false,
  maxZoom,
  paddingTopLeft: [8, 8],
  paddingBottomRight: [legendIsOpenAtFirst(made) ? LEGEND_PX : 8, 8],
});

/**
 * Bring a small block near enough to be seen, with its neighbours round it.
 * @param {any} made
 * @param {any} bounds
 */
export function closeIn(made, bounds) {
  const { x, y } = made.getSize();
  const room = Math.min(legendIsOpenAtFirst(made) ? x - LEGEND_PX : x, y);
  made.fitBounds(bounds.pad((room / BLOCK_PX - 1) / 2), fit(made, CLOSEST_BLOCK));
}

/** The list of layers by keyboard: Enter opens it and leads into it, Escape closes it; a popup closes it too. */
function easeLayerControl(made) {
  const box = made.getContainer().querySelector(".leaflet-control-layers");
  const toggle = box?.querySelector(".leaflet-control-layers-toggle");
  if (!toggle) return;
  const close = () => box.classList.remove("leaflet-control-layers-expanded");
  // A click without a pointer behind it is the Enter key.
  toggle.addEventListener("click", ({ detail }) => {
    if (detail === 0) requestAnimationFrame(() => box.querySelector("input:checked")?.focus());
  });
  box.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    close();
    toggle.focus();
  });
  made.on("popupopen", close);
  // The list opens where the legend is: while it is open, it takes the legend's place.
  const legend = made.getContainer().querySelector(".map-legend");
  new MutationObserver(() => {
    legend.hidden = box.classList.contains("leaflet-control-layers-expanded");
  }).observe(box, { attributes: true, attributeFilter: ["class"] });
}

/** The scale moves up where the credits are so long that they would cover it. */
function keepClearOfCredits(made) {
  const credits = made.attributionControl.getContainer();
  const corner = credits.closest(".leaflet-control-container").querySelector(".leaflet-bottom.leaflet-left");
  new ResizeObserver(() => {
    const meets = credits.offsetWidth > made.getSize().x - SCALE_PX;
    corner.style.bottom = meets ? `${credits.offsetHeight}px` : "";
  }).observe(credits);
}

/** A popup opened from the keyboard takes the focus, and gives it back when Escape or its button closes it. */
function returnFocusAfterPopups(made) {
  // Leaflet listens for Escape only while the map itself has the focus.
  made.getContainer().addEventListener("keydown", ({ key }) => {
    if (key === "Escape") made.closePopup();
  });
  made.on("popupopen", ({ popup }) => {
    const from = /** @type {HTMLElement | null} */ (document.activeElement);
    if (!from?.matches("path, .leaflet-marker-icon")) return;
    const box = popup.getElement();
    box.tabIndex = -1;
    box.focus({ preventScroll: true });
    popup.once("remove", () => from.isConnected && from.focus({ preventScroll: true }));
  });
}
