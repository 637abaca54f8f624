// Shapes as values: made from few numbers, read from text, checked, written. Degrees, [lon, lat], CRS84.

import { _ } from "../say.js";
import { areaM2, distanceM, travel } from "./geodesy.js";
import { parsePosition, Refusal } from "./positions.js";
import { numberWords } from "../words.js";

/**
 * @typedef {[number, number]} Position lon, lat; degrees
 * @typedef {"rectangle" | "polygon" | "circle" | "file"} Kind
 * @typedef {object} Shape
 * @property {Kind} kind
 * @property {string} name what it is called: the file's name, or its kind
 * @property {any} geometry GeoJSON
 * @property {string} [wkt] as the server wrote it, for a file
 * @property {boolean} [travels] as the server counted it, for a file
 */

const DECIMALS = 5;
const CIRCLE_CORNERS = 64;
const MOST_TRAVELLING = 200;
const MOST_TYPED = 2000;
const LEAST_RADIUS_KM = 0.05;
const MOST_RADIUS_KM = 2000;
const NAMES = { rectangle: _("Rectangle"), polygon: _("Polygon"), circle: _("Circle") };

/** @type {(position: Position) => Position} */
export const roundPosition = ([lon, lat]) => [Number(lon.toFixed(DECIMALS)), Number(lat.toFixed(DECIMALS))];

/** @param {Kind} kind @param {any} geometry @returns {Shape} */
const named = (kind, geometry) => ({ kind, name: NAMES[kind], geometry });

/**
 * @param {{west: number, south: number, east: number, north: number}} sides degrees
 * @returns {Shape}
 */
export function makeRectangle({ west, south, east, north }) {
  if (!(west < east)) throw new Refusal(_("West must be less than east. A shape may not cross the 180th meridian."));
  if (!(south < north)) throw new Refusal(_("South must be less than north."));
  const corners = [[west, south], [east, south], [east, north], [west, north]];
  return named("rectangle", toPolygon(corners));
}

/**
 * A true circle on the ground, as a polygon of 64 corners.
 * @param {Position} centre
 * @param {number} radiusKm
 * @returns {Shape}
 */
export function makeCircle(centre, radiusKm) {
  if (!(radiusKm >= LEAST_RADIUS_KM && radiusKm <= MOST_RADIUS_KM)) {
    throw new Refusal(_("The radius must be %(least_radius_km)s to %(most_radius_km)s km.", { least_radius_km: LEAST_RADIUS_KM, most_radius_km: numberWords(MOST_RADIUS_KM) }));
  }
  if (Math.abs(centre[1]) * 111 + radiusKm > 9950) throw new Refusal(_("The circle would reach over a pole."));
  // Counter-clockwise, as GeoJSON has outer rings.
  const bearing = (i) => 360 - (i * 360) / CIRCLE_CORNERS;
  const corners = Array.from({ length: CIRCLE_CORNERS }, (_, i) => travel(centre, bearing(i), radiusKm * 1000));
  return named("circle", toPolygon(corners));
}

/**
 * @param {Position[]} corners without the first one again at the end
 * @returns {Shape}
 */
export function makePolygon(corners) {
  if (corners.length > MOST_TYPED) throw new Refusal(_("More than %(most_typed)s corners: use a file.", { most_typed: numberWords(MOST_TYPED) }));
  return named("polygon", toPolygon(corners));
}

/** Rounded, closed, counter-clockwise, each corner once, on the globe. */
function toPolygon(corners) {
  const turns = Math.round(corners.reduce((sum, [lon]) => sum + lon, 0) / corners.length / 360);
  const rounded = corners.map(([lon, lat]) => roundPosition([lon - turns * 360, lat]));
  const ring = rounded.filter((corner, i) => !same(corner, rounded[(i + 1) % rounded.length]));
  if (crossesItself([...ring, ring[0]])) throw new Refusal(_("The sides cross each other. Move or remove a corner."));
  if (ring.length < 3 || signedArea(ring) === 0) {
    throw new Refusal(_("A shape needs three corners or more that do not lie in one line."));
  }
  if (ring.some(([lon, lat]) => Math.abs(lon) > 180 || Math.abs(lat) > 90)) {
    throw new Refusal(_("The shape leaves the map of the world: it may not cross the 180th meridian or a pole."));
  }
  if (signedArea(ring) < 0) ring.reverse();
  return { type: "Polygon", coordinates: [[...ring, ring[0]]] };
}

const same = (a, b) => a[0] === b[0] && a[1] === b[1];

/** Square degrees, positive where the ring runs counter-clockwise. */
function signedArea(ring) {
  // Measured from the first corner, so that a sliver is not lost in rounding.
  const [[x0, y0]] = ring;
  const side = ([x1, y1], [x2, y2]) => (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0);
  return ring.reduce((sum, corner, i) => sum + side(corner, ring[(i + 1) % ring.length]), 0) / 2;
}

/** @param {Position[]} ring closed */
function crossesItself(ring) {
  const last = ring.length - 1;
  for (let i = 0; i < last; i += 1) {
    for (let j = i + 1; j < last; j += 1) {
      const neighbours = j === i + 1 || (i === 0 && j === last - 1);
      if (!neighbours && meet(ring[i], ring[i + 1], ring[j], ring[j + 1])) return true;
    }
  }
  return false;
}

function meet(a, b, c, d) {
  const turn = (p, q, r) => Math.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]));
  const within = (p, q, r) =>
    Math.min(p[0], q[0]) <= r[0] && r[0] <= Math.max(p[0], q[0]) &&
    Math.min(p[1], q[1]) <= r[1] && r[1] <= Math.max(p[1], q[1]);
  const [abc, abd, cda, cdb] = [turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)];
  if (abc !== abd && cda !== cdb && abc * abd <= 0 && cda * cdb <= 0) return true;
  return (!abc && within(a, b, c)) || (!abd && within(a, b, d)) || (!cda && within(c, d, a)) || (!cdb && within(c, d, b));
}

/**
 * A polygon as WKT, or as positions, one to a line or parted by semicolons.
 * @param {string} text
 * @returns {Shape}
 */
export function parseShape(text) {
  const clean = text.trim().replace(/^srid=4326;/i, "");
  if (/^(multi)?(polygon|point|linestring)|^geometrycollection/i.test(clean)) return parseWkt(clean);
  return makePolygon(unclosed(parsePositions(clean)));
}

/** @param {string} text @returns {Position[]} */
export function parsePositions(text) {
  const lines = text.split(/[\n;]/).map((line) => line.trim()).filter(Boolean);
  return lines.map((line, i) => {
    try {
      return parsePosition(line);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw new Refusal(_("Line %(i)s: %(message)s", { i: i + 1, message: error.message }));
    }
  });
}

const unclosed = (ring) => (ring.length > 1 && same(ring[0], ring.at(-1)) ? ring.slice(0, -1) : ring);

function parseWkt(text) {
  const [, type, body] = /^(\w+)\s*(?:z|m|zm)?\s*(\(.*\))$/is.exec(text) ?? [];
  if (!/^polygon$/i.test(type ?? "")) {
    throw new Refusal(_("This WKT is not read here. Write POLYGON((lon lat, lon lat, …)), or use a file."));
  }
  const rings = [...body.slice(1, -1).matchAll(/\(([^()]*)\)/g)].map(([, ring]) => ring.split(",").map(parsePair));
  if (!rings.length) throw new Refusal(_("A POLYGON has two pairs of brackets: POLYGON((lon lat, lon lat, …))."));
  const [outer, ...holes] = rings.map((ring) => makePolygon(unclosed(ring)).geometry.coordinates[0]);
  return named("polygon", { type: "Polygon", coordinates: [outer, ...holes.map((hole) => hole.reverse())] });
}

function parsePair(text) {
  const numbers = text.trim().split(/\s+/).map(Number);
  if (numbers.length < 2 || numbers.some((n) => !Number.isFinite(n))) {
    throw new Refusal(_("“%(slice)s” is no pair of numbers; WKT has longitude, then latitude.", { slice: text.trim().slice(0, 40) }));
  }
  return [numbers[0], numbers[1]];
}

/** @param {any} geometry GeoJSON @returns {string} WKT, degrees to five decimals */
export function toWkt(geometry) {
  const write = (part) =>
    typeof part[0] === "number" ? roundPosition(part).join(" ") : `(${part.map(write).join(",")})`;
  if (geometry.type === "GeometryCollection") {
    return `GEOMETRYCOLLECTION(${geometry.geometries.map(toWkt).join(",")})`;
  }
  const body = write(geometry.coordinates);
  return `${geometry.type.toUpperCase()}${geometry.type === "Point" ? `(${body})` : body}`;
}

/** Every position of a geometry. @param {any} geometry @returns {Position[]} */
export function positionsOf(geometry) {
  if (geometry.type === "GeometryCollection") return geometry.geometries.flatMap(positionsOf);
  const flat = (part) => (typeof part[0] === "number" ? [part] : part.flatMap(flat));
  return flat(geometry.coordinates);
}

/** Whether a shape is small enough for an address. @param {any} geometry */
export const travels = (geometry) => positionsOf(geometry).length <= MOST_TRAVELLING;

/** Square metres, or null where there is no surface. @param {any} geometry */
export function surfaceM2(geometry) {
  const polygons = { Polygon: [geometry.coordinates], MultiPolygon: geometry.coordinates }[geometry.type];
  if (!polygons) return null;
  const inside = ([outer, ...holes]) => areaM2(outer) - holes.reduce((sum, hole) => sum + areaM2(hole), 0);
  return polygons.reduce((sum, polygon) => sum + inside(polygon), 0);
}

/**
 * What a geometry was drawn as, as far as its corners tell: a shape from an address can be edited again.
 * @param {any} geometry
 * @returns {Shape}
 */
export function recognise(geometry) {
  if (geometry.type !== "Polygon") return { kind: "file", name: _("Shape"), geometry };
  if (geometry.coordinates.length === 1 && circleOf(geometry)) return named("circle", geometry);
  if (isRectangle(geometry)) return named("rectangle", geometry);
  return named("polygon", geometry);
}

function isRectangle({ coordinates: [ring, ...holes] }) {
  const [west, south, east, north] = boundsOf(ring);
  const atCorners = ring.every(([x, y]) => (x === west || x === east) && (y === south || y === north));
  return !holes.length && ring.length === 5 && atCorners && new Set(ring.map(String)).size === 4;
}

/** West, south, east, north. @param {Position[]} positions */
export function boundsOf(positions) {
  const [lons, lats] = [positions.map(([lon]) => lon), positions.map(([, lat]) => lat)];
  const least = (some) => some.reduce((a, b) => Math.min(a, b));
  const most = (some) => some.reduce((a, b) => Math.max(a, b));
  return [least(lons), least(lats), most(lons), most(lats)];
}

/**
 * Centre and radius of a polygon that is one of our circles.
 * @returns {{centre: Position, radiusKm: number} | null}
 */
export function circleOf({ coordinates: [ring] }) {
  if (ring.length !== CIRCLE_CORNERS + 1) return null;
  // East and west of the middle lie on one parallel only on the sphere: the middle is that of north and south.
  const north = ring.reduce((a, b) => (b[1] > a[1] ? b : a));
  const south = ring.reduce((a, b) => (b[1] < a[1] ? b : a));
  const radiusM = distanceM(north, south) / 2;
  const centre = roundPosition(travel(north, 180, radiusM));
  const isRound = ring.every((corner) => Math.abs(distanceM(centre, corner) - radiusM) < 3 + radiusM * 0.002);
  return isRound ? { centre, radiusKm: Number((radiusM / 1000).toFixed(3)) } : null;
}
