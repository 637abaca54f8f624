// A shape from the reader's own file: sent to the portal, which reads it and keeps nothing.

import { _, inLanguage } from "../say.js";
import { element } from "../popups.js";
import { actions, button } from "./panel.js";

const ADDRESS = "/api/shapes";
const MOST_BYTES = 5_000_000;
const ENDINGS = ".geojson,.json,.kml,.kmz,.gpx,.zip,.gpkg,.fgb";
const HINT = _("Choose a file, or drop it on the map: GeoJSON, KML, KMZ, GPX, zipped Shapefile, GeoPackage or FlatGeobuf, up to 5 MB. It is read and forgotten.");

/**
 * @param {import("./index.js").Context} context
 * @param {File | null} [dropped]
 */
export function start(context, dropped = null) {
  const { panel, cancel } = context;
  const given = new AbortController();
  const offer = element("div");
  const input = element("input", { type: "file", accept: ENDINGS });
  const read = (file) => readFile(context, file, offer, given.signal);
  input.addEventListener("change", () => input.files?.[0] && read(input.files[0]));
  const label = element("label", { class: "tool-file" }, _("File"), input);
  panel.open(_("Shape from a file"), label, offer, actions(button(_("Cancel"), cancel)));
  panel.say(HINT);
  if (dropped) read(dropped);
  return { stop: () => given.abort() };
}

async function readFile({ panel, done, post }, file, offer, signal) {
  panel.refuse("");
  offer.replaceChildren();
  const wrong = faultOf(file);
  if (wrong) {
    panel.refuse(wrong);
    return;
  }
  panel.say(_("Reading %(name)s …", { name: file.name }));
  const answer = await ask(post, file, signal);
  if (signal.aborted) return;
  if (answer.feature) {
    done(shapeOf(answer.feature, file.name));
    return;
  }
  panel.say("");
  panel.refuse(answer.fault);
  const { repaired } = answer;
  if (repaired) {
    const use = button(_("Use the repaired shape"), () => done(shapeOf(repaired, file.name)));
    offer.replaceChildren(actions(use));
    use.focus();
  }
}

function faultOf({ name, size }) {
  if (!size) return _("%(name)s is empty.", { name });
  if (size <= MOST_BYTES) return null;
  return _("%(name)s has %(e6)s MB; at most 5 MB are taken. Simplify it, or draw the shape.", { name, e6: (size / 1e6).toFixed(1) });
}

/** @returns {Promise<{feature?: any, fault?: string, repaired?: any}>} */
async function ask(post, file, signal) {
  let response;
  try {
    response = await post(inLanguage(`${ADDRESS}?name=${encodeURIComponent(file.name)}`), file, signal);
  } catch {
    return { fault: _("The portal could not be reached. Check the connection and choose the file again.") };
  }
  const body = await response.json().catch(() => null);
  if (response.ok && body?.geometry) return { feature: body };
  const fault = body?.detail ?? body?.title ?? _("The portal could not read the file (it answered %(status)s). Try again later.", { status: response.status });
  return { fault, repaired: body?.repaired };
}

/**
 * @param {any} found a Feature, or a bare geometry
 * @param {string} name
 * @returns {import("./index.js").Given}
 */
function shapeOf(found, name) {
  const isFeature = found.type === "Feature";
  const { wkt, travels, notices } = (isFeature ? found.properties : null) ?? {};
  return { kind: "file", name, geometry: isFeature ? found.geometry : found, wkt, travels, notices };
}
