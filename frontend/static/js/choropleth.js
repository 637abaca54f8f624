// The states shaded by a number, darker where it is greater; a state leads to its page.

import { _ } from "./say.js";
import { toLatLngs } from "./geometry.js";
import { loadFeatures } from "./load.js";

const PANE = "shades";

/**
 * @typedef {object} ChoroplethOptions
 * @property {string} label words for people
 * @property {string} url items address of the states
 * @property {Record<string, { number: number, shade: number }>} values by the state's id
 */

/**
 * @param {any} map
 * @param {ChoroplethOptions} options
 */
export function choropleth(map, options) {
  const group = L.layerGroup();
  // Over the land, under the states' names.
  const pane = map.createPane(PANE);
  pane.style.zIndex = "355";
  group.on("add", () => map.portal.waiting.push(draw(map, group, options)));
  return group;
}

async function draw(map, group, options) {
  const note = map.portal.notes.begin(options.label);
  try {
    const features = await loadFeatures(options.url, note.progress);
    const renderer = L.svg({ pane: PANE, padding: 0.5 });
    for (const feature of features) {
      const value = options.values[feature.id];
      if (!value) continue;
      L.polygon(toLatLngs(feature.geometry), {
        pane: PANE,
        renderer,
        smoothFactor: 0.7,
        className: `shade shade-${value.shade}`,
        weight: 0.6,
        fillOpacity: 1,
      })
        .bindTooltip(`${feature.properties.name}: ${value.number}`, { sticky: true })
        .on("click", () => location.assign(`/states/${encodeURIComponent(feature.id)}`))
        .addTo(group);
    }
    note.done();
  } catch (error) {
    note.fail(/** @type {Error} */ (error).message, () => draw(map, group, options));
  }
}
