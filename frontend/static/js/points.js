// Points: a symbol where the site is known, a label where only the district, state or region is.

import { BESIDE_BLOCK_PX } from "./clutter.js";
import { bindWords, pointPopup } from "./popups.js";
import { symbol } from "./symbols.js";
import { inTurns } from "./turns.js";
import { fillOf, statusWords } from "./words.js";

const SIZE_PX = 24;

/**
 * @param {any} map
 * @param {{options: any, group: any, features: any[]}} entry
 */
export async function drawPoints(map, entry) {
  const { words, labels } = map.portal;
  const imprecise = (feature) => words.imprecise.includes(feature.properties.position_accuracy);
  const located = entry.features.filter((feature) => feature.geometry);
  const sites = located.filter((one) => !imprecise(one));
  await inTurns(map, sites, (feature) => makeMarker(map, feature, entry.options).addTo(entry.group));
  const vague = located.filter(imprecise);
  const show = () => labels.set(entry, vague);
  entry.group.on("add", show);
  entry.group.on("remove", () => labels.set(entry, []));
  if (map.hasLayer(entry.group)) show();
}

function makeMarker(map, feature, options) {
  const { words } = map.portal;
  const { properties, geometry } = feature;
  const [lon, lat] = geometry.coordinates;
  const fill = fillOf(words, properties);
  const label = [
    properties.name,
    `${options.one}${properties.status ? `: ${statusWords(words, properties.status)}` : ""}`,
  ].join(", ");
  const chosen = feature.id === options.highlight ? " is-chosen" : "";
  const icon = L.divIcon({
    className: `symbol-icon${chosen}`,
    html: symbol(options.icon, fill, properties.status),
    iconSize: [SIZE_PX, SIZE_PX],
    ...(properties.related_block_id ? { iconAnchor: [SIZE_PX / 2 - BESIDE_BLOCK_PX[0], SIZE_PX / 2 - BESIDE_BLOCK_PX[1]] } : {}),
  });
  const marker = L.marker([lat, lon], { icon, riseOnHover: true, zIndexOffset: chosen ? 1000 : 0 });
  const above = { direction: "top", offset: [0, -SIZE_PX / 2] };
  bindWords(map, marker, label, () => pointPopup(words, feature, options), above);
  marker.on("add", () => {
    const drawn = marker.getElement();
    if (!drawn) return;
    drawn.setAttribute("aria-label", label);
    drawn.dataset.id = feature.id;
  });
  return marker;
}
