// What the page's script calls: `portal.map`, `portal.layer` and so on, one job each in the modules beside this one.
// Leaflet is there as the global `L`, loaded before any module runs.

export { map, finish } from "./map.js";
export { firstPaint, turn } from "./turns.js";
export { baseMap } from "./basemaps.js";
export { layer } from "./layer.js";
export { choropleth } from "./choropleth.js";
export { legend } from "./legend.js";
export { coordinates } from "./coordinates.js";
