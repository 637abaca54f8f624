// The tools of a map: a shape to filter with, measuring, going to a position, a graticule. Each tool's own module is
// fetched when it is first taken in hand.

import { _ } from "../say.js";
import { element } from "../popups.js";
import { createDrawn } from "./drawn.js";
import { acceptDrops } from "./drops.js";
import { actions, attempt, button, createPanel, parseNumber } from "./panel.js";
import { Refusal } from "./positions.js";
import { recognise, surfaceM2, toWkt, travels } from "./shapes.js";
import { surfaceWords } from "./sizes.js";
import { createToolbar } from "./toolbar.js";
import { numberWords } from "../words.js";

/**
 * @typedef {import("./shapes.js").Shape & {notices?: string[]}} Given
 * @typedef {object} Told
 * @property {any} geometry GeoJSON, EPSG:4326; null when the shape was removed
 * @property {string | null} wkt degrees to five decimals; of a file, as the server wrote it
 * @property {number} bufferKm
 * @property {string | null} name
 * @property {boolean} travels whether it is small enough for an address
 *
 * @typedef {object} Options
 * @property {any} [shape] GeoJSON geometry that is there from the start
 * @property {number} [bufferKm]
 * @property {(told: Told) => void} [onShape] the reader drew, changed or removed the shape, or its buffer
 * @property {(address: string, file: Blob, signal: AbortSignal) => Promise<Response>} [post] sends a file
 *
 * @typedef {object} Context what a tool is given
 * @property {any} map
 * @property {import("./panel.js").Panel} panel
 * @property {boolean} still the reader wants no movement
 * @property {string} id of the tool
 * @property {any} shape the present one, or null
 * @property {(shape: Given) => void} done the shape is finished
 * @property {(shape: Given, how?: {quietly: boolean}) => void} update the shape has changed, the tool stays in hand
 * @property {() => void} cancel put the tool away
 * @property {(address: string, file: Blob, signal: AbortSignal) => Promise<Response>} post
 */

const FIT_PX = 40;
const MOST_BUFFER_KM = 1000;
const DRAWING = () => import("./draw.js");
const MODULES = {
  rectangle: DRAWING,
  polygon: DRAWING,
  circle: DRAWING,
  file: () => import("./files.js"),
  measure: () => import("./measure.js"),
  goto: () => import("./goto.js"),
  edit: () => import("./edit.js"),
};
/** @type {[string, string][]} */
const BUTTONS = [
  ["rectangle", _("Rectangle")],
  ["polygon", _("Polygon")],
  ["circle", _("Circle")],
  ["file", _("From file")],
  ["measure", _("Measure")],
  ["goto", _("Go to")],
  ["graticule", _("Graticule")],
  ["shape", _("Shape and buffer")],
  ["remove", _("Remove shape")],
];

const send = (address, file, signal) => fetch(address, { method: "POST", body: file, signal });

/**
 * @param {any} map
 * @param {Options} options
 */
export function addTools(map, { shape = null, bufferKm = 0, onShape = () => {}, post = send } = {}) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const drawn = createDrawn(map);
  const panel = createPanel(map, () => close(true));
  const toolbar = createToolbar(map, BUTTONS, press);
  /** @type {{shape: Given | null, bufferKm: number}} */
  const now = { shape: null, bufferKm: 0 };
  /** @type {{id: string, stop: () => void, key?: (event: KeyboardEvent) => void} | null} */
  let active = null;
  let turn = 0;

  /** Put the tool away, whatever it was doing. */
  function stop() {
    turn += 1;
    const was = active;
    active = null;
    if (!was) return;
    was.stop();
    if (was.id in MODULES && was.id !== "edit") toolbar.mark(was.id, false);
  }

  /** @param {boolean} returns whether the focus goes back to the button that the tool began with */
  function close(returns) {
    const id = active?.id ?? "shape";
    const hadFocus = panel.box.contains(document.activeElement) || map.getContainer() === document.activeElement;
    stop();
    toolbar.mark("shape", false);
    panel.close();
    if (id === "edit") openShape();
    else if (returns && hadFocus) toolbar.focus(id);
  }

  /** @param {string} id @param {{byKeyboard?: boolean, file?: File | null}} [how] */
  async function take(id, { byKeyboard = false, file = null } = {}) {
    stop();
    toolbar.mark("shape", false);
    panel.close();
    if (id !== "edit") toolbar.mark(id, true);
    active = { id, stop: () => {} };
    const mine = turn;
    const module = await MODULES[id]().catch(() => null);
    if (mine !== turn) return;
    if (!module) {
      close(true);
      panel.open(_("Map tools"));
      panel.refuse(_("This tool could not be fetched. Check the connection and try again."));
      return;
    }
    active = { id, ...module.start({ map, panel, still, id, shape: now.shape, done, update, cancel: () => close(true), post }, file) };
    if (byKeyboard && !panel.box.contains(document.activeElement)) panel.box.focus();
  }

  /** @param {Given} given */
  function done(given) {
    const hadFocus = panel.box.contains(document.activeElement);
    stop();
    update(given);
    openShape();
    if (!isInView(map, given)) fit();
    panel.speak(`${given.name} set. ${sizeOf(given)}`);
    if (hadFocus) panel.box.focus();
  }

  /** @param {Given} given @param {{quietly: boolean}} [how] */
  function update(given, { quietly = false } = { quietly: false }) {
    now.shape = given;
    show();
    if (!quietly) tell();
  }

  function show() {
    drawn.show(now.shape?.geometry ?? null, now.bufferKm);
    toolbar.able("remove", now.shape !== null);
    toolbar.able("shape", now.shape !== null);
  }

  function tell() {
    const { shape: given, bufferKm: km } = now;
    if (!given) onShape({ geometry: null, wkt: null, bufferKm: 0, name: null, travels: true });
    else {
      const { geometry, name } = given;
      onShape({ geometry, wkt: given.wkt ?? toWkt(geometry), bufferKm: km, name, travels: given.travels ?? travels(geometry) });
    }
  }

  /** The box of the shape itself: how large it is, its buffer, what can be done with it. */
  function openShape() {
    const given = now.shape;
    if (!given) return;
    toolbar.mark("shape", true);
    const input = element("input", { type: "text", inputmode: "decimal", name: "buffer" });
    input.value = String(now.bufferKm);
    input.addEventListener("change", () => attempt(panel, () => setBuffer(parseBuffer(input.value))));
    panel.open(
      given.name,
      element("p", { class: "tool-size" }, sizeOf(given)),
      notices(given),
      element("label", { class: "tool-buffer" }, _("Buffer, km"), input),
      actions(
        canEdit(given) ? button(_("Change"), () => take("edit", { byKeyboard: true })) : null,
        button(_("Show it all"), fit),
        button(_("Remove"), () => press("remove", true)),
      ),
    );
  }

  function setBuffer(km) {
    panel.refuse("");
    if (km === now.bufferKm) return;
    now.bufferKm = km;
    show();
    tell();
  }

  function remove() {
    if (!now.shape) {
      panel.speak(_("There is no shape to remove."));
      return;
    }
    const hadFocus = panel.box.contains(document.activeElement);
    stop();
    Object.assign(now, { shape: null, bufferKm: 0 });
    show();
    toolbar.mark("shape", false);
    panel.close();
    panel.speak(_("Shape removed."));
    if (hadFocus) toolbar.focus("remove");
    tell();
  }

  const fit = () => drawn.fit(still, panel.room(FIT_PX));

  /** @type {{toggle: () => boolean} | null} */
  let graticule = null;
  async function toggleGraticule() {
    const { createGraticule } = await import("./graticule.js");
    graticule ??= createGraticule(map);
    toolbar.mark("graticule", graticule.toggle());
  }

  /** @param {string} id @param {boolean} byKeyboard */
  function press(id, byKeyboard) {
    if (id === "graticule") toggleGraticule();
    else if (id === "remove") remove();
    else if (id === "shape") pressShape(byKeyboard);
    else if (active?.id === id) close(true);
    else take(id, { byKeyboard });
  }

  function pressShape(byKeyboard) {
    if (!now.shape) panel.speak(_("There is no shape yet: draw one, or take it from a file."));
    else if (!active && !panel.box.hidden) close(true);
    else {
      stop();
      openShape();
      if (byKeyboard) panel.box.focus();
    }
  }

  map.getContainer().addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.box.hidden) close(true);
    else if (event.target === map.getContainer() && !event.ctrlKey && !event.altKey && !event.metaKey) active?.key?.(event);
  });
  acceptDrops(map, (file) => take("file", { file }));

  /** @param {any} geometry GeoJSON or null @param {number} [km] */
  function setShape(geometry, km = 0) {
    const isSame = geometry && now.shape && toWkt(geometry) === toWkt(now.shape.geometry);
    if (isSame && km === now.bufferKm) return;
    if (active?.id === "edit") stop();
    if (!active) close(false);
    Object.assign(now, { shape: geometry && (isSame ? now.shape : recognise(geometry)), bufferKm: geometry ? km : 0 });
    show();
  }

  setShape(shape, bufferKm);
  return { setShape, fit };
}

/** A shape that was drawn is in view already; one from numbers or a file may lie elsewhere. */
function isInView(map, { geometry }) {
  return map.getBounds().pad(0.02).contains(L.geoJSON(geometry).getBounds());
}

/** @param {Given} given */
function sizeOf({ geometry }) {
  const squareMetres = surfaceM2(geometry);
  return squareMetres === null ? _("Without an area: give it a buffer.") : _("Area %(square_metres)s", { square_metres: surfaceWords(squareMetres) });
}

/** @param {Given} given */
const notices = ({ notices: texts }) =>
  texts?.length ? element("ul", { class: "tool-notices" }, ...texts.map((text) => element("li", {}, text))) : null;

/** Whether a shape has handles; a file's is used as it is. @param {Given} given */
const canEdit = ({ kind, geometry }) =>
  kind !== "file" && geometry.coordinates.length === 1 && travels(geometry);

/** @param {string} text */
function parseBuffer(text) {
  const km = text.trim() ? parseNumber(text, _("Buffer")) : 0;
  if (km < 0 || km > MOST_BUFFER_KM) throw new Refusal(_("The buffer must be 0 to %(most_buffer_km)s km.", { most_buffer_km: numberWords(MOST_BUFFER_KM) }));
  return km;
}
