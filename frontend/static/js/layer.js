// A layer: fetched when it is first shown, then drawn in its kind's way.

import { drawBlocks } from "./blocks.js";
import { drawTiles } from "./blocktiles.js";
import { toLatLngs } from "./geometry.js";
import { loadFeatures } from "./load.js";
import { drawPoints } from "./points.js";
import { tellChange } from "./turns.js";

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
  /** @type {any} */
  const entry = { options, group, features: [], loaded: null, turn: 0, stop: null };
  map.portal.layers.push(entry);
  group.on("add", () => {
    if (!entry.loaded) {
      entry.loaded = load(map, entry);
      map.portal.waiting.push(entry.loaded);
    }
    tellChange(map);
  });
  group.on("remove", () => tellChange(map));
  return group;
}

/** Fetch and draw; a failure is said on the map and leaves the other layers alone. */
async function load(map, entry) {
  const turn = (entry.turn += 1);
  const note = map.portal.notes.begin(entry.options.label);
  try {
    if (isTooMany(map, entry)) {
      await drawTiles(map, entry);
    } else {
      const features = await loadFeatures(entry.options.url, note.progress, entry.options.body);
      // Another question was asked meanwhile: its answer is the one to draw.
      if (turn === entry.turn) {
        clear(entry);
        entry.features = features;
        await DRAW[entry.options.kind](map, entry);
      }
    }
    note.done();
  } catch (error) {
    note.fail(/** @type {Error} */ (error).message, () => {
      entry.loaded = load(map, entry);
    });
  }
  tellChange(map);
}

const isTooMany = (map, { options }) =>
  options.kind === "blocks" && !options.body && map.portal.options.most_shapes && map.portal.options.matched > map.portal.options.most_shapes;

/** @param {any} entry */
export function clear(entry) {
  entry.stop?.();
  entry.stop = null;
  entry.features = [];
  entry.find = null;
  entry.group.clearLayers();
}

/**
 * Draw a layer anew from another address. What is drawn stays until the new features are there.
 * @param {any} map
 * @param {any} entry
 * @param {string} url
 * @param {string} [body] of the question, as a form, where it is too long for an address
 */
export function refresh(map, entry, url, body = "") {
  entry.options.url = url;
  entry.options.body = body;
  entry.loaded = map.hasLayer(entry.group) ? load(map, entry) : null;
  if (!entry.loaded) clear(entry);
  return entry.loaded;
}

/** Polygons as lines only. */
function drawOutline(map, { group, features }) {
  for (const { geometry } of features) {
    L.polygon(toLatLngs(geometry), { className: "outline", interactive: false }).addTo(group);
  }
}
