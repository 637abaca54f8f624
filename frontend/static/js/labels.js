// Labels for what is known to a district, state or region only. They share places, so all layers' labels are kept here:
// those of one point become one label, and those that would cover each other on the screen are joined.

import { _ } from "./say.js";
import { around, countOverlaps, overlap, placesOfSymbols } from "./clutter.js";
import { bindWords, labelPopup } from "./popups.js";
import { tellChange } from "./turns.js";

const FULL_ZOOM = 7;
const LETTER_PX = 6.5;
const WIDEST_PX = 216;
const SHORT_PX = 76;
const LINE_PX = 20;
const SYMBOL_PX = 20;
// A label stands for a whole district, so it may step aside from what would cover it.
const STEPS_PX = [0, 20, 38, 56, 76].flatMap((far) => [
  ...[
    [0, far],
    [0, -far],
    [far * 1.4, 0],
    [-far * 1.4, 0],
  ],
  ...[
    [far, far],
    [-far, far],
    [far, -far],
    [-far, -far],
  ],
]);

/** @param {any} map */
export function createLabels(map) {
  const byLayer = new Map();
  const shown = L.layerGroup().addTo(map);
  let boxes = [];
  const draw = () => {
    shown.clearLayers();
    const items = [...byLayer].flatMap(([entry, features]) => features.map((feature) => ({ entry, feature })));
    const places = arrange(map, groupByPoint(items));
    for (const place of places) makeLabel(map, place).addTo(shown);
    boxes = places.map(({ box }) => box);
  };
  map.on("zoomend portal:change", draw);
  return {
    /** @returns {number} how many records stand as labels now */
    count: () => [...byLayer.values()].reduce((sum, features) => sum + features.length, 0),
    /** @returns {import("./clutter.js").Box[]} where the labels stand now */
    boxes: () => boxes,
    set: (entry, features) => {
      byLayer.set(entry, features);
      tellChange(map);
    },
  };
}

/** @returns {{latlng: any, items: any[]}[]} the fullest first */
function groupByPoint(items) {
  const places = new Map();
  for (const item of items) {
    const [lon, lat] = item.feature.geometry.coordinates;
    const key = `${lon.toFixed(3)} ${lat.toFixed(3)}`;
    if (!places.has(key)) places.set(key, { latlng: L.latLng(lat, lon), items: [] });
    places.get(key).items.push(item);
  }
  return [...places.values()].sort((a, b) => b.items.length - a.items.length);
}

/**
 * Far out, all labels are short; near, those that would cover another label, a symbol or a block.
 * Short ones that collide are joined, the others step aside to where nothing is.
 */
function arrange(map, places) {
  const far = map.getZoom() < FULL_ZOOM;
  const symbols = placesOfSymbols(map).map((point) => around(point, SYMBOL_PX));
  const full = places.map(({ latlng, items }) => {
    const { x, y } = map.latLngToLayerPoint(latlng);
    const width = wordsOf(map, items).length * LETTER_PX;
    return { x, y, width: Math.min(WIDEST_PX, width), height: LINE_PX * Math.ceil(width / WIDEST_PX) };
  });
  const joined = [];
  places.forEach((place, index) => {
    const box = full[index];
    const short = far || countOverlaps(box, full) > 1 || countOverlaps(box, symbols) > 0;
    const small = { ...box, width: SHORT_PX, height: LINE_PX };
    const host = short && joined.find((other) => other.short && overlap(small, other.origin));
    if (host) host.items.push(...place.items);
    else joined.push({ ...place, short, origin: small, box: short ? small : box, items: [...place.items] });
  });
  for (const place of joined.filter(({ short }) => short)) stepAside(place, joined, symbols);
  return joined;
}

function stepAside(place, all, symbols) {
  const others = [...symbols, ...all.filter((other) => other !== place).map(({ box }) => box)];
  const tries = STEPS_PX.map(([x, y]) => ({ ...place.origin, x: place.origin.x + x, y: place.origin.y + y }));
  const hits = tries.map((box) => countOverlaps(box, others));
  place.box = tries[hits.indexOf(Math.min(...hits))];
}

/** ≈ 7 projects, district only */
function wordsOf(map, items) {
  const { words } = map.portal;
  const levels = [...new Set(items.map(({ feature }) => feature.properties.position_accuracy))];
  const level = _("%(join)s only", { join: words.imprecise.filter((one) => levels.includes(one)).map((one) => _(one)).join(` ${_("or")} `) });
  if (items.length === 1) return `≈ ${items[0].feature.properties.name} (${level})`;
  const kinds = groupBy(items, ({ entry }) => entry.options);
  const counts = [...kinds].map(([options, some]) => `${some.length} ${some.length > 1 ? options.many : options.one}`);
  return `≈ ${counts.join(", ")}, ${level}`;
}

function groupBy(items, keyOf) {
  const groups = new Map();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

function makeLabel(map, { items, short, box }) {
  const text = wordsOf(map, items);
  const span = document.createElement("span");
  span.textContent = short ? _("≈ %(length)s: no site", { length: items.length }) : text;
  const icon = L.divIcon({ className: "place-label", html: span, iconSize: [0, 0] });
  const marker = L.marker(map.layerPointToLatLng(box), { icon, zIndexOffset: -500 });
  const above = { direction: "top", offset: [0, -8] };
  bindWords(map, marker, text, () => labelPopup(map.portal.words, text, items), above);
  // The name that is read out begins with the words that are seen.
  const spoken = short ? `${span.textContent}. ${text}` : text;
  marker.on("add", () => marker.getElement()?.setAttribute("aria-label", spoken));
  return marker;
}
