// Going to a position that is typed.

import { _ } from "../say.js";
import { element } from "../popups.js";
import { makeForm } from "./panel.js";
import { parsePosition, positionWords } from "./positions.js";

const NEAR_ZOOM = 11;
const HERE_M = 10;
const HINT = _("Decimal degrees, degrees with minutes and seconds, or UTM. Of two bare numbers the latitude comes first.");

/** @param {import("./index.js").Context} context */
export function start({ map, panel, still }) {
  const result = element("div", { class: "tool-result" });
  const go = ({ position }) => {
    const [lon, lat] = parsePosition(position);
    result.replaceChildren(rowsOf([lon, lat]));
    panel.speak(_("Map moved to %(decimal)s", { decimal: positionWords([lon, lat]).decimal }));
    const maxZoom = Math.max(map.getZoom(), NEAR_ZOOM);
    map.fitBounds(L.latLng(lat, lon).toBounds(HERE_M), { animate: !still, maxZoom, ...panel.room(0) });
    mark(map, [lon, lat]);
  };
  const fields = [{ name: "position", label: _("Position"), hint: "20.95 N, 85.1 E or 45N 302442 2317786" }];
  const form = makeForm(panel, { fields, submit: _("Go there"), use: go });
  panel.open(_("Go to a position"), form, result);
  panel.say(HINT);
  form.querySelector("input")?.focus();
  return { stop: () => {} };
}

/** The three forms, for reading and copying. */
function rowsOf(position) {
  const { decimal, dms, utm } = positionWords(position);
  const rows = [[_("Decimal"), decimal], [_("Degrees, minutes, seconds"), dms], ["UTM", utm ?? _("not defined so near a pole")]];
  return element("dl", {}, ...rows.map(([term, value]) => element("div", {}, element("dt", {}, term), element("dd", {}, value))));
}

/** One marker to a map; its popup says where it is and removes it. */
function mark(map, position) {
  places.get(map)?.remove();
  const icon = L.divIcon({ className: "tool-place", iconSize: [24, 32], iconAnchor: [12, 32], popupAnchor: [0, -32] });
  const { decimal } = positionWords(position);
  const marker = L.marker([position[1], position[0]], { icon, title: decimal, alt: _("Position %(decimal)s", { decimal }) });
  const remove = element("button", { type: "button" }, _("Remove the marker"));
  remove.addEventListener("click", () => marker.remove());
  marker.bindPopup(element("div", { class: "popup tool-result" }, rowsOf(position), remove)).addTo(map);
  places.set(map, marker);
}

/** @type {WeakMap<object, any>} */
const places = new WeakMap();
