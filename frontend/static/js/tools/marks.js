// How what is drawn by hand looks: one pane above the blocks, lines, dots, handles.

import { _ } from "../say.js";

const PANE = "tools";
const HEIGHT = "640";

export const isCoarse = () => matchMedia("(pointer: coarse)").matches;

/** A click this near a corner means it; pixels. */
export const nearPx = () => (isCoarse() ? 22 : 12);

/** @param {any} map */
export function paneOf(map) {
  if (!map.getPane(PANE)) map.createPane(PANE).style.zIndex = HEIGHT;
  return PANE;
}

/** @type {(positions: [number, number][]) => [number, number][]} lon, lat to lat, lon */
export const toLatLng = (positions) => positions.map(([lon, lat]) => [lat, lon]);

/** @param {{lat: number, lng: number}} latlng @returns {[number, number]} */
export const toPosition = ({ lat, lng }) => [lng, lat];

/**
 * What is being drawn: a line or a surface, with its corners, and the side that follows the pointer.
 * @param {any} map
 */
export function createSketch(map) {
  const options = { pane: paneOf(map), interactive: false, smoothFactor: 0 };
  const surface = L.polygon([], { ...options, className: "tool-sketch" }).addTo(map);
  const line = L.polyline([], { ...options, className: "tool-line" }).addTo(map);
  const rubber = L.polyline([], { ...options, className: "tool-line is-rubber" }).addTo(map);
  const dots = L.layerGroup().addTo(map);
  return {
    surface: (positions) => surface.setLatLngs(toLatLng(positions)),
    line: (positions) => line.setLatLngs(toLatLng(positions)),
    rubber: (positions) => rubber.setLatLngs(toLatLng(positions)),
    dots: (positions) => {
      dots.clearLayers();
      for (const at of toLatLng(positions)) L.circleMarker(at, { ...options, radius: 5, className: "tool-dot" }).addTo(dots);
    },
    remove: () => [surface, line, rubber, dots].forEach((part) => part.remove()),
  };
}

/**
 * A click on the map is told to nobody but the tool, as `tools:click`.
 * @param {any} map
 */
function keepClicks(map) {
  const container = map.getContainer();
  const take = (event) => {
    if (!isOnMap(event)) return;
    event.stopImmediatePropagation();
    // The end of a stroke that moved the map is no click.
    if (map.dragging.enabled() && map.dragging.moved()) return;
    map.fire("tools:click", { latlng: map.mouseEventToLatLng(event) });
  };
  container.addEventListener("click", take, true);
  return () => container.removeEventListener("click", take, true);
}

export const isOnMap = ({ target }) => !target.closest(".leaflet-control, .tool-panel, .leaflet-popup");

/**
 * The map is being drawn on: nothing on it takes clicks, and with the arrow keys a cross marks its middle.
 * @param {any} map
 * @param {{drags?: boolean, onMiddle: () => void}} options drags: pressing and moving draws, it does not move the map
 * @returns {{stop: () => void, hasCross: () => boolean, showCross: () => void}}
 */
export function holdMap(map, { drags = false, onMiddle }) {
  const container = map.getContainer();
  const paused = [map.doubleClickZoom, map.boxZoom, ...(drags ? [map.dragging] : [])].filter((one) => one.enabled());
  paused.forEach((handler) => handler.disable());
  container.classList.add("is-drawing");
  container.classList.toggle("is-dragging-draws", drags);
  map.closePopup();
  const giveClicks = keepClicks(map);
  const hideCross = () => container.classList.remove("has-cross");
  const moved = () => container.classList.contains("has-cross") && onMiddle();
  map.on("move", moved);
  container.addEventListener("pointerdown", hideCross);
  return {
    hasCross: () => container.classList.contains("has-cross"),
    showCross: () => {
      container.focus({ preventScroll: true });
      container.classList.add("has-cross");
    },
    stop: () => {
      paused.forEach((handler) => handler.enable());
      // The stroke that ends the drawing is followed by a click of its own, which belongs to it.
      setTimeout(giveClicks);
      container.classList.remove("is-drawing", "is-dragging-draws", "has-cross");
      map.off("move", moved);
      container.removeEventListener("pointerdown", hideCross);
    },
  };
}
