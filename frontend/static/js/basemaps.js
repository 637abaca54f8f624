// What lies under everything: nothing but the states, or tiles of another host if the reader picks them.

import { _ } from "./say.js";

const TILES = {
  osm: {
    url: "https://tile.openstreetmap.org/{z}/{x}/{y}.png",
    options: {
      maxZoom: 19,
      attribution: '© <a href="https://www.openstreetmap.org/copyright">OpenStreetMap contributors</a>',
    },
  },
  imagery: {
    url: "https://server.arcgisonline.com/ArcGIS/rest/services/World_Imagery/MapServer/tile/{z}/{y}/{x}",
    options: {
      maxZoom: 19,
      attribution: _("Imagery: Esri, Maxar, Earthstar Geographics and the GIS user community"),
    },
  },
};

/**
 * A base map. Its id becomes a class of the map, on which colours of edges and states depend.
 * @param {any} map
 * @param {{id: string}} options
 */
export function baseMap(map, { id }) {
  const tiles = TILES[id];
  const base = tiles ? L.tileLayer(tiles.url, tiles.options) : L.layerGroup();
  const classes = map.getContainer().classList;
  base.on("add", () => classes.add(`base-${id}`));
  base.on("remove", () => classes.remove(`base-${id}`));
  return base;
}
