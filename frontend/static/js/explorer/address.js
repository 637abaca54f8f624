// The view in the address: theme, layers, place, open block. What is asked for stands there already.

import { _ } from "../say.js";
import { ON_DEVICE, deviceShape, keepShape, shapeForm } from "./device.js";

export const VIEW_NAMES = ["theme", "layers", "columns", "map", "block", "swipe", "v"];
const VERSION = "1";
const DEFAULT_LAYERS = "processing-units";
const QUIET_MS = 250;

/**
 * The address with some of its view changed; null takes a part out.
 * @param {Record<string, string | null>} changes
 */
export function writeView(changes) {
  const here = new URL(location.href);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") here.searchParams.delete(name);
    else here.searchParams.set(name, value);
  }
  if (VIEW_NAMES.some((name) => name !== "v" && here.searchParams.has(name))) here.searchParams.set("v", VERSION);
  else here.searchParams.delete("v");
  const query = here.searchParams.toString().replaceAll("%2C", ",").replaceAll("%2F", "/").replaceAll("%3A", ":");
  const written = here.pathname + (query ? `?${query}` : "") + here.hash;
  if (written !== location.pathname + location.search + location.hash) history.replaceState(history.state, "", written);
}

/** The colours of the page, where the address asks for them, stand beside the map's theme. */
function themeText(theme) {
  const parts = (new URL(location.href).searchParams.get("theme") ?? "").split(",");
  const page = parts.filter((part) => ["light", "dark"].includes(part));
  return [...page, ...(theme === "status" ? [] : [theme])].join(",") || null;
}

const layersOn = (map) =>
  map.portal.layers
    .filter(({ options, group }) => options.kind !== "blocks" && map.hasLayer(group))
    .map(({ options }) => options.collection)
    .join(",");

/** @param {any} map */
export function keepAddress(map) {
  const place = () => {
    const { lat, lng } = map.getCenter();
    writeView({ map: `${Math.round(map.getZoom() * 10) / 10}/${lat.toFixed(4)}/${lng.toFixed(4)}` });
  };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  // Only what the reader moved: a map that shows what was found follows the filters.
  let moved = Boolean(map.portal.options.place);
  const byReader = () => (moved = true);
  map.getContainer().addEventListener("pointerdown", byReader, { passive: true });
  map.getContainer().addEventListener("wheel", byReader, { passive: true });
  map.getContainer().addEventListener("keydown", byReader);
  map.on("moveend", () => {
    clearTimeout(waiting);
    if (moved) waiting = setTimeout(place, QUIET_MS);
  });
  map.on("portal:theme", () => writeView({ theme: themeText(map.portal.theme) }));
  map.on("overlayadd overlayremove", () => {
    const on = layersOn(map);
    writeView({ layers: on === DEFAULT_LAYERS ? null : on || "none" });
  });
  map.on("portal:block", ({ id }) => writeView({ block: id }));
  map.on("popupclose", () => writeView({ block: null }));
  // A part of the page that is asked for anew keeps the view that the reader has now.
  document.addEventListener("htmx:configRequest", (event) => addView(/** @type {CustomEvent} */ (event).detail));
}

/** @param {any} detail of htmx's event */
function addView(detail) {
  const now = new URL(location.href).searchParams;
  const address = new URL(detail.path, location.href);
  for (const name of VIEW_NAMES) {
    const value = now.get(name);
    // The columns are what one of the forms asks for.
    if (name === "columns" && (detail.parameters.has?.("columns") || address.searchParams.has("columns"))) continue;
    if (detail.parameters.has?.(name)) detail.parameters.delete(name);
    if (value === null) address.searchParams.delete(name);
    else address.searchParams.set(name, value);
  }
  detail.path = address.pathname + address.search;
  if (deviceShape()) addShape(detail);
}

/** A question with a shape that no address holds is sent with a body; a link that is without it takes it away. */
function addShape(detail) {
  const address = new URL(detail.path, location.href);
  const fields = detail.parameters instanceof FormData ? detail.parameters : new FormData();
  for (const [name, value] of fields) if (typeof value === "string") address.searchParams.append(name, value);
  const isForm = detail.elt?.id === "panel";
  if (!isForm && address.searchParams.get("shape") !== ON_DEVICE) {
    keepShape(null);
    return;
  }
  for (const name of ["shape", "intersects", "buffer_km"]) address.searchParams.delete(name);
  address.searchParams.set("shape", ON_DEVICE);
  const body = new FormData();
  for (const [name, value] of shapeForm()) body.set(name, value);
  detail.path = address.pathname + address.search;
  detail.parameters = body;
  detail.verb = "post";
  detail.useUrlParams = false;
  detail.headers["Content-Type"] = "application/x-www-form-urlencoded";
}
