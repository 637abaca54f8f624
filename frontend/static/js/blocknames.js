// Names of blocks where there is room for them: beside the block, clear of symbols, labels and each other.

import { _ } from "./say.js";
import { around, countOverlaps, placesOfSymbols } from "./clutter.js";

const FROM_ZOOM = 7.5;
const MOST_NAMES = 60;
const LETTER_PX = 6.2;
const WIDEST_PX = 180;
const LINE_PX = 16;
const SYMBOL_PX = 14;
const GAP_PX = 10;
const PANE = "block-names";

/**
 * Keep the names of a layer's blocks in step with the map; call `stop` when they are drawn no more.
 * @param {any} map
 * @param {any} entry
 * @param {{feature: any, centre: any}[]} blocks
 * @returns {() => void} stops it
 */
export function nameBlocks(map, entry, blocks) {
  if (!map.getPane(PANE)) {
    const pane = map.createPane(PANE);
    pane.style.zIndex = "615";
    pane.style.pointerEvents = "none";
    // The blocks themselves say their names to those who do not see.
    pane.setAttribute("aria-hidden", "true");
  }
  const names = L.layerGroup().addTo(map);
  const draw = () => {
    names.clearLayers();
    if (!map.hasLayer(entry.group) || map.getZoom() < FROM_ZOOM) return;
    for (const { name, box } of placeNames(map, blocks)) nameMarker(map, name, box).addTo(names);
  };
  map.on("moveend portal:change", draw);
  draw();
  return () => {
    map.off("moveend portal:change", draw);
    names.remove();
  };
}

function placeNames(map, blocks) {
  const view = map.getBounds();
  const symbols = placesOfSymbols(map).map((point) => around(point, SYMBOL_PX));
  const taken = map.portal.labels.boxes().slice();
  const placed = [];
  for (const { feature, centre } of blocks) {
    if (placed.length >= MOST_NAMES || !view.contains(centre)) continue;
    const { name } = feature.properties;
    const point = map.latLngToLayerPoint(centre);
    const width = Math.min(WIDEST_PX, name.length * LETTER_PX);
    const box = [1, -1]
      .map((side) => ({ x: point.x + side * (GAP_PX + width / 2), y: point.y, width, height: LINE_PX }))
      .find((one) => countOverlaps(one, taken) === 0 && countOverlaps(one, symbols) === 0);
    if (!box) continue;
    taken.push(box);
    placed.push({ name, box });
  }
  return placed;
}

function nameMarker(map, name, box) {
  const span = document.createElement("span");
  span.textContent = name;
  span.style.width = `${box.width}px`;
  const icon = L.divIcon({ className: "block-name", html: span, iconSize: [0, 0] });
  return L.marker(map.layerPointToLatLng(box), { icon, pane: PANE, interactive: false, keyboard: false });
}
