// The states: always there, on top of tiles and under everything else, with quiet names.

import { _ } from "./say.js";
import { around, countOverlaps, placesOfSymbols } from "./clutter.js";
import { outerRings, pointsInside, ringArea, toLatLngs } from "./geometry.js";
import { loadFeatures } from "./load.js";
import { inTurns } from "./turns.js";

const PANE = "states";
const NAMES_PANE = "state-names";
const LETTER_PX = 7;
const LINE_PX = 18;
const SYMBOL_PX = 10;
const MOST_COVERED = 1;

/**
 * @param {any} map
 * @param {string} url
 */
export async function addStates(map, url) {
  map.createPane(PANE).style.zIndex = "350";
  const names = map.createPane(NAMES_PANE);
  names.style.zIndex = "360";
  names.style.pointerEvents = "none";
  const note = map.portal.notes.begin(_("State outlines"));
  try {
    const features = await loadFeatures(url, note.progress);
    note.done();
    await drawOutlines(map, features);
    await drawNames(map, features);
  } catch (error) {
    note.fail(/** @type {Error} */ (error).message, () => addStates(map, url));
  }
}

/** The state that the page is about is drawn last, so that its border is whole. */
async function drawOutlines(map, features) {
  const { focus } = map.portal;
  const renderer = L.svg({ pane: PANE, padding: 0.5 });
  const ordered = [...features].sort((a, b) => Number(a.id === focus) - Number(b.id === focus));
  await inTurns(map, ordered, (feature) => {
    L.polygon(toLatLngs(feature.geometry), {
      pane: PANE,
      renderer,
      interactive: false,
      smoothFactor: 0.7,
      className: feature.id === focus ? "state-area state-focus" : "state-area",
    }).addTo(map);
  });
}

/**
 * Names, but for the state that the page names already. Each stands where it fits and covers least, the biggest state
 * first; one that would be hidden among symbols is left out. Chosen anew whenever zoom or layers change.
 */
async function drawNames(map, features) {
  const places = [];
  const named = features.filter((feature) => feature.id !== map.portal.focus);
  await inTurns(map, named, (feature) => {
    const ring = outerRings(feature.geometry).reduce((a, b) => (ringArea(a) > ringArea(b) ? a : b));
    places.push({ name: _(feature.properties.name), area: ringArea(ring), points: pointsInside(ring) });
  });
  places.sort((a, b) => b.area - a.area);
  const shown = L.layerGroup().addTo(map);
  const place = () => {
    shown.clearLayers();
    const symbols = placesOfSymbols(map).map((point) => around(point, SYMBOL_PX));
    const taken = map.portal.labels.boxes().slice();
    for (const { name, points } of places) {
      const box = bestBox(map, name, points, taken, symbols);
      if (!box) continue;
      taken.push(box);
      nameMarker(map.layerPointToLatLng(box), name).addTo(shown);
    }
  };
  map.on("zoomend portal:change", place);
  place();
}

/** Where the name has room, meets no other label and the fewest symbols; null where it would be lost among them. */
function bestBox(map, name, points, taken, symbols) {
  const size = { width: name.length * LETTER_PX, height: LINE_PX };
  const boxes = points.flatMap(({ lat, lon, width }) => {
    const { x, y } = map.latLngToLayerPoint([lat, lon]);
    const room = map.latLngToLayerPoint([lat, lon + width]).x - x;
    return room > size.width * 0.85 ? [{ x, y, ...size }] : [];
  });
  const free = boxes.filter((box) => countOverlaps(box, taken) === 0);
  const hits = free.map((box) => countOverlaps(box, symbols));
  const least = Math.min(...hits);
  return least <= MOST_COVERED ? free[hits.indexOf(least)] : null;
}

function nameMarker(latlng, name) {
  const span = document.createElement("span");
  span.textContent = name;
  const icon = L.divIcon({ className: "state-name", html: span, iconSize: [0, 0] });
  return L.marker(latlng, { icon, pane: NAMES_PANE, interactive: false, keyboard: false });
}
