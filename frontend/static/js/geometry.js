// Small geometry of polygons on the screen and on the globe.

const HEIGHTS = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74];

/**
 * Leaflet's nested latlngs of a GeoJSON polygon or multipolygon.
 * @param {any} geometry
 */
export function toLatLngs(geometry) {
  return L.GeoJSON.coordsToLatLngs(geometry.coordinates, geometry.type === "Polygon" ? 1 : 2);
}

/**
 * Outer rings of a GeoJSON polygon or multipolygon.
 * @param {any} geometry
 * @returns {number[][][]}
 */
export function outerRings(geometry) {
  return geometry.type === "Polygon" ? [geometry.coordinates[0]] : geometry.coordinates.map((part) => part[0]);
}

/**
 * Area of a ring in square degrees, whichever way it runs.
 * @param {number[][]} ring
 */
export function ringArea(ring) {
  let twice = 0;
  for (let i = 0; i < ring.length - 1; i += 1) {
    twice += ring[i][0] * ring[i + 1][1] - ring[i + 1][0] * ring[i][1];
  }
  return Math.abs(twice / 2);
}

/**
 * Points well inside a ring, the roomiest first: the middles of the widest stretches at some heights.
 * @param {number[][]} ring
 * @returns {{lon: number, lat: number, width: number}[]} width of the stretch, degrees
 */
export function pointsInside(ring) {
  const heights = ring.map((point) => point[1]);
  const low = Math.min(...heights);
  const high = Math.max(...heights);
  return HEIGHTS.map((share) => widestStretch(ring, low + (high - low) * share)).sort((a, b) => b.width - a.width);
}

function widestStretch(ring, lat) {
  const crossings = crossingsAt(ring, lat);
  let best = { lon: ring[0][0], lat, width: 0 };
  for (let i = 0; i + 1 < crossings.length; i += 2) {
    const width = crossings[i + 1] - crossings[i];
    if (width > best.width) best = { lon: (crossings[i] + crossings[i + 1]) / 2, lat, width };
  }
  return best;
}

/** Longitudes at which the ring crosses a latitude, from west to east. */
function crossingsAt(ring, lat) {
  const found = [];
  for (let i = 0; i < ring.length - 1; i += 1) {
    const [x1, y1] = ring[i];
    const [x2, y2] = ring[i + 1];
    if (y1 > lat !== y2 > lat) found.push(x1 + ((lat - y1) / (y2 - y1)) * (x2 - x1));
  }
  return found.sort((a, b) => a - b);
}
