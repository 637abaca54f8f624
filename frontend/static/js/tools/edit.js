// Changing a shape that is there: handles to drag, or to move with the arrow keys.

import { _ } from "../say.js";
import { distanceM, travel } from "./geodesy.js";
import { isCoarse, paneOf, toPosition } from "./marks.js";
import { actions, attempt, button } from "./panel.js";
import { boundsOf, circleOf, makeCircle, makePolygon, makeRectangle } from "./shapes.js";

const STEP_PX = 8;
const SETTLE_MS = 400;
const HINT = _("Drag a handle, or reach it with Tab and move it with the arrow keys (with Shift by a pixel).");
const CORNERS_HINT = _("A small handle makes a new corner; Delete removes a corner.");

/** @param {import("./index.js").Context} context */
export function start({ map, panel, shape, update, cancel }) {
  const handles = L.layerGroup().addTo(map);
  let now = shape;
  let timer = 0;
  const flush = () => {
    if (timer) update(now);
    clearTimeout(timer);
    timer = 0;
  };
  const change = (make, isSettled) =>
    attempt(panel, () => {
      now = make();
      panel.refuse("");
      update(now, { quietly: true });
      clearTimeout(timer);
      timer = setTimeout(flush, isSettled ? 0 : SETTLE_MS);
    });
  /** @param {number} [focused] which handle keeps the focus */
  const redraw = (focused) => {
    handles.clearLayers();
    const made = handlesOf(now).map((handle) => makeHandle(map, handle, change, redraw));
    made.forEach((marker) => marker.addTo(handles));
    if (focused !== undefined) made[Math.min(focused, made.length - 1)].getElement()?.focus({ preventScroll: true });
  };
  panel.open(_("Change the %(name)s", { name: shape.name.toLowerCase() }), actions(button(_("Done"), cancel)));
  panel.say([HINT, shape.kind === "polygon" ? CORNERS_HINT : "", _("Escape ends.")].filter(Boolean).join(" "));
  redraw();
  return {
    stop: () => {
      flush();
      handles.remove();
    },
  };
}

/**
 * @typedef {object} Handle
 * @property {[number, number]} at lon, lat
 * @property {string} words
 * @property {(to: [number, number]) => import("./shapes.js").Shape} move the shape with this handle there
 * @property {(() => import("./shapes.js").Shape)} [remove]
 * @property {boolean} [isSmall]
 */

/** @returns {Handle[]} */
function handlesOf(shape) {
  const ring = shape.geometry.coordinates[0].slice(0, -1);
  if (shape.kind === "circle") return circleHandles(shape.geometry);
  if (shape.kind === "rectangle") return rectangleHandles(ring);
  const corners = ring.map((at, i) => ({
    at,
    words: _("Corner %(i)s of %(length)s", { i: i + 1, length: ring.length }),
    move: (to) => makePolygon(ring.with(i, to)),
    remove: () => makePolygon(ring.toSpliced(i, 1)),
  }));
  const middles = ring.map((at, i) => {
    const next = ring[(i + 1) % ring.length];
    const middle = [(at[0] + next[0]) / 2, (at[1] + next[1]) / 2];
    return { at: middle, words: _("New corner after %(i)s", { i: i + 1 }), isSmall: true, move: (to) => makePolygon(ring.toSpliced(i + 1, 0, to)) };
  });
  return [...corners, ...middles];
}

function circleHandles(geometry) {
  const { centre, radiusKm } = /** @type {NonNullable<ReturnType<typeof circleOf>>} */ (circleOf(geometry));
  return [
    { at: centre, words: _("Centre"), move: (to) => makeCircle(to, radiusKm) },
    { at: travel(centre, 90, radiusKm * 1000), words: _("Edge"), move: (to) => makeCircle(centre, distanceM(centre, to) / 1000) },
  ];
}

function rectangleHandles(ring) {
  const [west, south, east, north] = boundsOf(ring);
  const corner = (words, at, opposite) => ({
    at,
    words: _("%(words)s corner", { words }),
    move: (to) => {
      const [w, s, e, n] = boundsOf([to, opposite]);
      return makeRectangle({ west: w, south: s, east: e, north: n });
    },
  });
  return [
    corner(_("South-west"), [west, south], [east, north]),
    corner(_("South-east"), [east, south], [west, north]),
    corner(_("North-east"), [east, north], [west, south]),
    corner(_("North-west"), [west, north], [east, south]),
  ];
}

/** @param {any} map @param {Handle} handle */
function makeHandle(map, handle, change, redraw) {
  const size = isCoarse() ? 44 : 24;
  const icon = L.divIcon({ className: `tool-handle${handle.isSmall ? " is-small" : ""}`, iconSize: [size, size] });
  paneOf(map);
  const marker = L.marker([handle.at[1], handle.at[0]], {
    icon, draggable: true, autoPanOnFocus: false, zIndexOffset: handle.isSmall ? 0 : 100, pane: paneOf(map),
  });
  marker.on("drag", () => change(() => handle.move(toPosition(marker.getLatLng())), false));
  marker.on("dragend", () => {
    change(() => handle.move(toPosition(marker.getLatLng())), true);
    redraw();
  });
  marker.on("add", () => {
    const element = /** @type {HTMLElement} */ (marker.getElement());
    element.setAttribute("aria-label", handle.words);
    element.addEventListener("keydown", (event) => pressed(map, event, marker, handle, change, redraw));
  });
  return marker;
}

function pressed(map, event, marker, handle, change, redraw) {
  const step = event.shiftKey ? 1 : STEP_PX;
  const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
  const removes = (event.key === "Delete" || event.key === "Backspace") && handle.remove;
  if (!by && !removes) return;
  event.preventDefault();
  event.stopPropagation();
  const all = [...map.getContainer().querySelectorAll(".tool-handle")];
  const place = all.indexOf(marker.getElement());
  const here = map.latLngToContainerPoint(marker.getLatLng());
  const make = by ? () => handle.move(toPosition(map.containerPointToLatLng(here.add(by)))) : handle.remove;
  if (change(make, false)) redraw(handle.isSmall ? placeOfNew(all, place) : place);
}

/** A new corner comes after the one whose number it was named by; corners are listed before the small handles. */
const placeOfNew = (all, place) => place - all.length / 2 + 1;
