// A layer: fetched when it is first shown, then drawn in its kind's way.

import { drawBlocks } from "./blocks.js";
import { toLatLngs } from "./geometry.js";
import { loadFeatures } from "./load.js";
import { drawPoints } from "./points.js";

/**
 * @typedef {object} LayerOptions
 * @property {string} collection the API's name of it
 * @property {string} label words for people
 * @property {string} url items address, with its filters
 * @property {"blocks" | "points" | "outline"} kind
 * @property {string | null} page address of an item's page, with {id}
 * @property {string | null} highlight id of the item that the page is about
 * @property {string} [icon]
 * @property {string} [one] what one of them is called
 * @property {string} [many]
 */

const DRAW = { blocks: drawBlocks, points: drawPoints, outline: drawOutline };

/**
 * @param {any} map
 * @param {LayerOptions} options
 */
export function layer(map, options) {
  const group = L.layerGroup();
  const entry = { options, group, features: [], loaded: null };
  map.portal.layers.push(entry);
  group.on("add", () => {
    if (!entry.loaded) {
      entry.loaded = load(map, entry);
      map.portal.waiting.push(entry.loaded);
    }
    map.fire("portal:change");
  });
  group.on("remove", () => map.fire("portal:change"));
  return group;
}

/** Fetch and draw; a failure is said on the map and leaves the other layers alone. */
async function load(map, entry) {
  const note = map.portal.notes.begin(entry.options.label);
  try {
    entry.features = await loadFeatures(entry.options.url, note.progress);
    note.done();
    DRAW[entry.options.kind](map, entry);
  } catch (error) {
    note.fail(error.message, () => {
      entry.loaded = load(map, entry);
    });
  }
  map.fire("portal:change");
}

/** Polygons as lines only. */
function drawOutline(map, { group, features }) {
  for (const { geometry } of features) {
    L.polygon(toLatLngs(geometry), { className: "outline", interactive: false }).addTo(group);
  }
}
