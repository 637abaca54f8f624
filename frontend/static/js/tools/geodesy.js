// Distances and areas on the WGS 84 ellipsoid. Positions are [lon, lat] in degrees, as in GeoJSON.

/** @typedef {[number, number]} Position lon, lat; degrees */

export const A = 6378137;
export const F = 1 / 298.257223563;
const B = A * (1 - F);
const E2 = F * (2 - F);
const E = Math.sqrt(E2);
// Radius of the sphere that has the ellipsoid's surface.
const AUTHALIC_M = 6371007.1809;
const ENOUGH = 1e-12;
const MOST_ROUNDS = 100;

export const radians = (degrees) => (degrees * Math.PI) / 180;
export const degrees = (angle) => (angle * 180) / Math.PI;

/**
 * Metres along the shortest line between two positions.
 * Source: Vincenty, Survey Review 23 (176), 1975, inverse formula; on the sphere where it does not settle (positions
 * nearly opposite on the globe).
 * @param {Position} from
 * @param {Position} to
 */
export function distanceM([lon1, lat1], [lon2, lat2]) {
  const across = radians(lon2 - lon1);
  const u1 = Math.atan((1 - F) * Math.tan(radians(lat1)));
  const u2 = Math.atan((1 - F) * Math.tan(radians(lat2)));
  let lambda = across;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const sinSigma = Math.hypot(
      Math.cos(u2) * Math.sin(lambda),
      Math.cos(u1) * Math.sin(u2) - Math.sin(u1) * Math.cos(u2) * Math.cos(lambda),
    );
    if (sinSigma === 0) return 0;
    const cosSigma = Math.sin(u1) * Math.sin(u2) + Math.cos(u1) * Math.cos(u2) * Math.cos(lambda);
    const sigma = Math.atan2(sinSigma, cosSigma);
    const sinAlpha = (Math.cos(u1) * Math.cos(u2) * Math.sin(lambda)) / sinSigma;
    const cosSqAlpha = 1 - sinAlpha ** 2;
    const cos2m = cosSqAlpha === 0 ? 0 : cosSigma - (2 * Math.sin(u1) * Math.sin(u2)) / cosSqAlpha;
    const c = (F / 16) * cosSqAlpha * (4 + F * (4 - 3 * cosSqAlpha));
    const before = lambda;
    const bend = sigma + c * sinSigma * (cos2m + c * cosSigma * (2 * cos2m ** 2 - 1));
    lambda = across + (1 - c) * F * sinAlpha * bend;
    if (Math.abs(lambda - before) < ENOUGH) {
      const { large, turn } = series(cosSqAlpha);
      return B * large * (sigma - turn(sigma, cos2m));
    }
  }
  return sphericalM(across, radians(lat1), radians(lat2));
}

function sphericalM(across, lat1, lat2) {
  const half = Math.sin((lat2 - lat1) / 2) ** 2 + Math.cos(lat1) * Math.cos(lat2) * Math.sin(across / 2) ** 2;
  return 2 * AUTHALIC_M * Math.asin(Math.min(1, Math.sqrt(half)));
}

/** What Vincenty's two formulas share: the coefficient A and the correction of sigma. */
function series(cosSqAlpha) {
  const uSq = cosSqAlpha * (A ** 2 / B ** 2 - 1);
  const large = 1 + (uSq / 16384) * (4096 + uSq * (uSq * (320 - 175 * uSq) - 768));
  const small = (uSq / 1024) * (256 + uSq * (uSq * (74 - 47 * uSq) - 128));
  const turn = (sigma, cos2m) => {
    const third = (small / 6) * cos2m * (4 * Math.sin(sigma) ** 2 - 3) * (4 * cos2m ** 2 - 3);
    return small * Math.sin(sigma) * (cos2m + (small / 4) * (Math.cos(sigma) * (2 * cos2m ** 2 - 1) - third));
  };
  return { large, turn };
}

/**
 * Where one comes from a position in a direction.
 * Source: Vincenty, 1975, direct formula.
 * @param {Position} from
 * @param {number} bearing degrees, clockwise from north
 * @param {number} metres
 * @returns {Position}
 */
export function travel([lon, lat], bearing, metres) {
  const alpha = radians(bearing);
  const u1 = Math.atan((1 - F) * Math.tan(radians(lat)));
  const sigma1 = Math.atan2(Math.tan(u1), Math.cos(alpha));
  const sinAlpha = Math.cos(u1) * Math.sin(alpha);
  const cosSqAlpha = 1 - sinAlpha ** 2;
  const { large, turn } = series(cosSqAlpha);
  let sigma = metres / (B * large);
  let cos2m = 0;
  for (let round = 0, before = Infinity; round < MOST_ROUNDS && Math.abs(sigma - before) > ENOUGH; round += 1) {
    before = sigma;
    cos2m = Math.cos(2 * sigma1 + sigma);
    sigma = metres / (B * large) + turn(sigma, cos2m);
  }
  cos2m = Math.cos(2 * sigma1 + sigma);
  const [sinS, cosS] = [Math.sin(sigma), Math.cos(sigma)];
  const [sinU, cosU] = [Math.sin(u1), Math.cos(u1)];
  const low = Math.hypot(sinAlpha, sinU * sinS - cosU * cosS * Math.cos(alpha));
  const lat2 = Math.atan2(sinU * cosS + cosU * sinS * Math.cos(alpha), (1 - F) * low);
  const lambda = Math.atan2(sinS * Math.sin(alpha), cosU * cosS - sinU * sinS * Math.cos(alpha));
  const c = (F / 16) * cosSqAlpha * (4 + F * (4 - 3 * cosSqAlpha));
  const across = lambda - (1 - c) * F * sinAlpha * (sigma + c * sinS * (cos2m + c * cosS * (2 * cos2m ** 2 - 1)));
  return [lon + degrees(across), degrees(lat2)];
}

/** Sine of the latitude that encloses the same area on the authalic sphere. Source: Snyder 1987, 3-11 and 3-12. */
function authalic(lat) {
  const q = (sine) =>
    (1 - E2) * (sine / (1 - E2 * sine ** 2) + Math.atanh(E * sine) / E);
  return Math.asin(Math.max(-1, Math.min(1, q(Math.sin(radians(lat))) / q(1))));
}

/**
 * Square metres inside a ring, whichever way it runs; the last position may repeat the first.
 * By spherical excess on the sphere of the ellipsoid's surface: within some hundredths of a per cent of the geodesic.
 * @param {Position[]} ring
 */
export function areaM2(ring) {
  let excess = 0;
  for (let i = 0; i < ring.length; i += 1) {
    const [lon1, lat1] = ring[i];
    const [lon2, lat2] = ring[(i + 1) % ring.length];
    const [t1, t2] = [Math.tan(authalic(lat1) / 2), Math.tan(authalic(lat2) / 2)];
    excess += 2 * Math.atan2(Math.tan(radians(lon2 - lon1) / 2) * (t1 + t2), 1 + t1 * t2);
  }
  return Math.abs(excess) * AUTHALIC_M ** 2;
}
