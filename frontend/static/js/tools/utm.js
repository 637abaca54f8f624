// Universal Transverse Mercator on WGS 84.
// Source: Krüger's series in the third flattening to its third power, as in Karney, "Transverse Mercator with an
// accuracy of a few nanometers", 2011, equations 7 to 12, 35 and 36: within a millimetre inside a zone.

import { A, degrees, F, radians } from "./geodesy.js";

const K0 = 0.9996;
const FALSE_EAST = 500000;
const FALSE_NORTH = 10000000;
const N = F / (2 - F);
const E = Math.sqrt(F * (2 - F));
const RADIUS = (A / (1 + N)) * (1 + N ** 2 / 4 + N ** 4 / 64);
const TO_GRID = [
  N / 2 - (2 / 3) * N ** 2 + (5 / 16) * N ** 3,
  (13 / 48) * N ** 2 - (3 / 5) * N ** 3,
  (61 / 240) * N ** 3,
];
const TO_GLOBE = [
  N / 2 - (2 / 3) * N ** 2 + (37 / 96) * N ** 3,
  (1 / 48) * N ** 2 + (1 / 15) * N ** 3,
  (17 / 480) * N ** 3,
];

/** @typedef {{zone: number, south: boolean, east: number, north: number}} Utm zone 1 to 60; metres */

const middleOf = (zone) => zone * 6 - 183;

/** @param {number} lon degrees */
export const zoneOf = (lon) => Math.min(60, Math.floor((lon + 180) / 6) + 1);

/**
 * @param {[number, number]} position lon, lat; degrees
 * @returns {Utm}
 */
export function toUtm([lon, lat]) {
  const zone = zoneOf(lon);
  const across = radians(lon - middleOf(zone));
  const sine = Math.sin(radians(lat));
  const t = Math.sinh(Math.atanh(sine) - E * Math.atanh(E * sine));
  const xi = Math.atan2(t, Math.cos(across));
  const eta = Math.asinh(Math.sin(across) / Math.hypot(t, Math.cos(across)));
  const [y, x] = bend(xi, eta, TO_GRID, 1);
  const south = lat < 0;
  return { zone, south, east: FALSE_EAST + K0 * RADIUS * x, north: K0 * RADIUS * y + (south ? FALSE_NORTH : 0) };
}

/**
 * @param {Utm} place
 * @returns {[number, number]} lon, lat; degrees
 */
export function fromUtm({ zone, south, east, north }) {
  const y = (north - (south ? FALSE_NORTH : 0)) / (K0 * RADIUS);
  const x = (east - FALSE_EAST) / (K0 * RADIUS);
  const [xi, eta] = bend(y, x, TO_GLOBE, -1);
  const t = Math.sin(xi) / Math.hypot(Math.sinh(eta), Math.cos(xi));
  return [middleOf(zone) + degrees(Math.atan2(Math.sinh(eta), Math.cos(xi))), degrees(latitudeOf(t))];
}

function bend(xi, eta, series, sign) {
  let [along, across] = [xi, eta];
  series.forEach((factor, i) => {
    const k = 2 * (i + 1);
    along += sign * factor * Math.sin(k * xi) * Math.cosh(k * eta);
    across += sign * factor * Math.cos(k * xi) * Math.sinh(k * eta);
  });
  return [along, across];
}

/** Latitude whose conformal latitude has this tangent; by Newton, twice is enough, a third for good measure. */
function latitudeOf(conformal) {
  let t = conformal;
  for (let round = 0; round < 3; round += 1) {
    const root = Math.hypot(1, t);
    const s = Math.sinh(E * Math.atanh((E * t) / root));
    const now = t * Math.hypot(1, s) - s * root;
    const slope = ((1 - E ** 2) * Math.hypot(1, now) * root) / (1 + (1 - E ** 2) * t ** 2);
    t += (conformal - now) / slope;
  }
  return Math.atan(t);
}
