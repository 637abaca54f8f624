// A shape that is too large for a link: it stays on this device, and goes to the server with each question, as its body.

const KEY = "khanij.shape";
/** How the address says that there is one. */
export const ON_DEVICE = "device";

/** @typedef {{geometry: any, wkt: string, bufferKm: number}} DeviceShape */

/** @type {DeviceShape | null} */
let present = null;

/** The shape that filters now, or null. */
export const deviceShape = () => present;

/** @param {DeviceShape | null} shape */
export function keepShape(shape) {
  present = shape;
  try {
    if (shape) sessionStorage.setItem(KEY, JSON.stringify(shape));
    else sessionStorage.removeItem(KEY);
  } catch {
    // Then it holds until the page is left.
  }
}

/** What was kept before the page was loaded anew; null where there is nothing, or storage is closed. */
export function recallShape() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    return kept?.geometry && typeof kept.wkt === "string" ? kept : null;
  } catch {
    return null;
  }
}

/** The shape as the body of a question. */
export function shapeForm() {
  const form = new URLSearchParams();
  if (present) {
    form.set("intersects", present.wkt);
    if (present.bufferKm) form.set("buffer_km", String(present.bufferKm));
  }
  return form;
}
