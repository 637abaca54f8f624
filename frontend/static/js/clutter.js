// What stands on the screen already, so that labels can keep clear of it.

// How far from its point a project stands that explored a block: beside the block's own dot.
export const BESIDE_BLOCK_PX = [16, -14];

/**
 * Where the layers that are on draw a symbol or a block, in pixels of the map's panes.
 * @param {any} map
 * @returns {{x: number, y: number}[]}
 */
export function placesOfSymbols(map) {
  const { layers, words } = map.portal;
  return layers
    .filter(({ group }) => map.hasLayer(group))
    .flatMap(({ features }) => features)
    .filter(({ properties, geometry }) => geometry && !words.imprecise.includes(properties.position_accuracy))
    .map(({ properties, geometry }) => {
      const [lon, lat] = geometry.type === "Point" ? geometry.coordinates : [properties.lon, properties.lat];
      const point = map.latLngToLayerPoint([lat, lon]);
      return properties.related_block_id ? point.add(BESIDE_BLOCK_PX) : point;
    });
}

/**
 * @typedef {{x: number, y: number, width: number, height: number}} Box around its middle
 * @param {Box} a
 * @param {Box} b
 */
export function overlap(a, b) {
  return Math.abs(a.x - b.x) < (a.width + b.width) / 2 && Math.abs(a.y - b.y) < (a.height + b.height) / 2;
}

/**
 * How many of the boxes a box covers in part.
 * @param {Box} box
 * @param {Box[]} others
 */
export const countOverlaps = (box, others) => others.filter((other) => overlap(box, other)).length;

/**
 * @param {{x: number, y: number}} point
 * @param {number} size_px
 * @returns {Box}
 */
export const around = ({ x, y }, size_px) => ({ x, y, width: size_px, height: size_px });
