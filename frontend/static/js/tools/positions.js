// Positions as people write them: decimal degrees, degrees with minutes and seconds, UTM.

import { _ } from "../say.js";
import { fromUtm, toUtm } from "./utm.js";

/** @typedef {[number, number]} Position lon, lat; degrees */

/** What a reader typed cannot be used; the message says why and what would be right. */
export class Refusal extends Error {}

// West, south, east, north; degrees. Of two bare numbers the order is taken that leads here.
const INDIA = [68, 6, 97.5, 37.5];
const EXAMPLES = "20.95 N, 85.1 E or 20°57′ N 85°6′ E or 45N 302000 2318000";
const UTM = /^(?:utm\s*)?(?:zone\s*)?(\d{1,2})\s*([c-hj-np-x])[\s,]+(\d+(?:\.\d+)?)\s*(?:m?e)?[\s,]+(\d+(?:\.\d+)?)\s*(?:m?n)?$/i;

/**
 * @param {string} text
 * @returns {Position}
 * @throws {Refusal}
 */
export function parsePosition(text) {
  const clean = text.trim().replace(/[−–]/g, "-");
  if (!clean) throw new Refusal(_("Type a position, for example %(examples)s.", { examples: EXAMPLES }));
  return parseUtm(clean) ?? parseDegrees(clean);
}

/** Zone, N or S (or a band's letter), easting, northing. */
function parseUtm(text) {
  const found = UTM.exec(text);
  if (!found) return null;
  const [zone, east, north] = [found[1], found[3], found[4]].map(Number);
  const letter = found[2].toUpperCase();
  if (zone < 1 || zone > 60) throw new Refusal(_("UTM has the zones 1 to 60, not %(zone)s.", { zone }));
  if (east < 100000 || east > 900000) throw new Refusal(_("The easting lies outside 100,000 to 900,000 m."));
  if (north > 10000000) throw new Refusal(_("The northing lies above 10,000,000 m."));
  // S is read as the southern half, as most write it; the bands below N are southern too.
  return checked(...fromUtm({ zone, south: letter === "S" || letter < "N", east, north }));
}

function parseDegrees(text) {
  const halves = splitInTwo(text);
  if (!halves) throw new Refusal(_("“%(slice)s” is not read as a position. Write it like %(examples)s.", { slice: text.slice(0, 60), examples: EXAMPLES }));
  const [first, second] = halves.map(parseAngle);
  if (first.axis && first.axis === second.axis) {
    throw new Refusal(_("Both numbers have a letter of the same direction: one needs N or S, the other E or W."));
  }
  if (first.axis || second.axis) {
    const latFirst = first.axis === "lat" || second.axis === "lon";
    return latFirst ? checked(second.value, first.value) : checked(first.value, second.value);
  }
  return orderByPlace(first.value, second.value);
}

/** Two bare numbers: latitude first, unless only the other order leads to India or to the globe at all. */
function orderByPlace(first, second) {
  const inIndia = (lon, lat) => lon >= INDIA[0] && lon <= INDIA[2] && lat >= INDIA[1] && lat <= INDIA[3];
  const swap = (inIndia(first, second) && !inIndia(second, first)) || (Math.abs(first) > 90 && Math.abs(second) <= 90);
  return swap ? checked(first, second) : checked(second, first);
}

/** The two angles of a text: at the comma, at the letters, or in the middle of an even number of numbers. */
function splitInTwo(text) {
  const parts = text.split(/[,;]/).map((part) => part.trim());
  if (parts.length === 2 && parts.every((part) => /\d/.test(part))) return parts;
  if (parts.length > 1) return null;
  const before = /^([nsew][^nsew]*)\b\s*([nsew].*)$/i.exec(text);
  const lettered = before ?? /^(.*\d[^a-z\d]*[nsew])\s*([^a-z]*\d.*)$/i.exec(text);
  if (lettered) return [lettered[1], lettered[2]];
  const numbers = text.split(/\s+/);
  if (numbers.length % 2 || numbers.length > 6) return null;
  return [numbers.slice(0, numbers.length / 2).join(" "), numbers.slice(numbers.length / 2).join(" ")];
}

const ANGLE = /^([nsew])?\s*(-|\+)?\s*(\d+(?:\.\d+)?)\s*[°ºd:]?(?:\s*(\d+(?:\.\d+)?)\s*['′’m:]?)?(?:\s*(\d+(?:\.\d+)?)\s*(?:"|″|”|''|′′|s(?=$|\s*[nsew]))?)?\s*([nsew])?$/i;

/** @returns {{value: number, axis: "lat" | "lon" | null}} */
function parseAngle(text) {
  const found = ANGLE.exec(text);
  if (!found || (found[1] && found[6])) {
    throw new Refusal(_("“%(slice)s” is not read as an angle. Write it like 20.95 N or 20°57′30″ N.", { slice: text.slice(0, 60) }));
  }
  const letter = (found[1] ?? found[6] ?? "").toUpperCase();
  const [whole, minutes, seconds] = [found[3], found[4] ?? "0", found[5] ?? "0"].map(Number);
  if (minutes >= 60 || seconds >= 60) throw new Refusal(_("“%(text)s”: minutes and seconds lie below 60.", { text }));
  if (found[4] && found[3].includes(".")) throw new Refusal(_("“%(text)s”: degrees with a fraction have no minutes.", { text }));
  if (letter && found[2] === "-") throw new Refusal(_("“%(text)s” has both a minus sign and a letter: leave one out.", { text }));
  const negative = found[2] === "-" || letter === "S" || letter === "W";
  const value = (whole + minutes / 60 + seconds / 3600) * (negative ? -1 : 1);
  return { value, axis: letter ? ("NS".includes(letter) ? "lat" : "lon") : null };
}

/** @returns {Position} */
function checked(lon, lat) {
  if (Math.max(Math.abs(lat), Math.abs(lon)) > 1000) {
    throw new Refusal(_("These are no degrees. UTM is written with zone, N or S, easting and northing: 45N 302000 2318000."));
  }
  if (Math.abs(lat) > 90) throw new Refusal(_("The latitude %(lat)s lies outside −90 to 90 degrees.", { lat: round(lat) }));
  if (Math.abs(lon) > 180) throw new Refusal(_("The longitude %(lon)s lies outside −180 to 180 degrees.", { lon: round(lon) }));
  return [lon, lat];
}

const round = (value) => String(Number(value.toFixed(5))).replace("-", "−");

/**
 * The same position in the three ways; UTM is null near the poles, where it is not defined.
 * @param {Position} position
 */
export function positionWords([lon, lat]) {
  return {
    decimal: `${Math.abs(lat).toFixed(5)}° ${lat < 0 ? "S" : "N"}, ${Math.abs(lon).toFixed(5)}° ${lon < 0 ? "W" : "E"}`,
    dms: `${sexagesimal(lat, "NS")}, ${sexagesimal(lon, "EW")}`,
    utm: lat > 84 || lat < -80 ? null : utmWords([lon, lat]),
  };
}

function sexagesimal(value, letters) {
  // Rounded first, so that no 60 seconds are ever written.
  const tenths = Math.round(Math.abs(value) * 36000);
  const [whole, minutes, seconds] = [Math.floor(tenths / 36000), Math.floor(tenths / 600) % 60, (tenths % 600) / 10];
  const padded = [String(minutes).padStart(2, "0"), seconds.toFixed(1).padStart(4, "0")];
  return `${whole}°${padded[0]}′${padded[1]}″ ${letters[value < 0 ? 1 : 0]}`;
}

function utmWords(position) {
  const { zone, south, east, north } = toUtm(position);
  return `${zone}${south ? "S" : "N"} ${Math.round(east)} ${Math.round(north)}`;
}
