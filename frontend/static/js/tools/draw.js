// Drawing a rectangle, a circle or a polygon: on the map by mouse, touch or keys, or in a form.

import { _ } from "../say.js";
import { collectCorners, placeInMiddle } from "./corners.js";
import { distanceM } from "./geodesy.js";
import { createSketch, holdMap, isOnMap, toPosition } from "./marks.js";
import { actions, attempt, button, foldedForm, parseNumber } from "./panel.js";
import { parsePosition, positionWords, Refusal } from "./positions.js";
import { boundsOf, circleOf, makeCircle, makePolygon, makeRectangle, parseShape, toWkt } from "./shapes.js";
import { lengthWords } from "./sizes.js";

const DRAG_PX = 6;
const ARROWS = _("Draw with the arrow keys");
const ARROWS_HINT = _("The arrow keys move the map under the cross, plus and minus zoom, Space sets a point at the cross");

const HINTS = {
  rectangle: _("Press and drag from corner to corner, or click two opposite corners."),
  circle: _("Press at the centre and drag to the edge, or click the centre and then the edge."),
  polygon: _("Click each corner. Click the first corner again, or press Enter, to finish; Backspace removes the last corner."),
};
const TITLES = { rectangle: _("Draw a rectangle"), circle: _("Draw a circle"), polygon: _("Draw a polygon") };

/** @param {import("./index.js").Context} context */
export function start(context) {
  const { id, panel } = context;
  const session = id === "polygon" ? drawPolygon(context) : drawByTwo(context, id);
  panel.say(_("%(hint)s Escape cancels.", { hint: HINTS[id] }));
  return session;
}

/** By two points: corner and corner, or centre and edge. */
function drawByTwo({ map, panel, done, cancel, shape }, kind) {
  const make = kind === "circle" ? circleThrough : rectangleBetween;
  const sketch = createSketch(map);
  let first = null;
  const held = holdMap(map, { drags: true, onMiddle: () => preview(toPosition(map.getCenter())) });
  const preview = (here) => {
    if (!first) return;
    try {
      sketch.surface(make(first, here).geometry.coordinates[0]);
      panel.show(sizeBetween(kind, first, here));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  };
  const set = (here) => {
    panel.refuse("");
    if (!first) {
      first = here;
      sketch.dots([first]);
      return;
    }
    if (!attempt(panel, () => done(make(first, here)))) restart();
  };
  const restart = () => {
    first = null;
    sketch.dots([]);
    sketch.surface([]);
  };
  const unlisten = listen(map, { set, preview, begin: (here) => (first ??= here) });
  panel.open(
    TITLES[kind],
    actions(button(ARROWS, () => useArrows(panel, held.showCross)), button(_("Cancel"), cancel)),
    kind === "circle" ? circleForm(panel, shape, done) : rectangleForm(panel, shape, done),
  );
  return {
    key: (event) => {
      if (event.key === "Backspace") restart();
      else if (event.key === " " || event.key === "Enter") placeInMiddle(map, held, set);
      else return;
      event.preventDefault();
    },
    stop: () => {
      unlisten();
      held.stop();
      sketch.remove();
    },
  };
}

function useArrows(panel, showCross) {
  showCross();
  panel.say(_("%(arrows_hint)s. Enter finishes, Backspace takes back, Escape cancels.", { arrows_hint: ARROWS_HINT }));
}

/** Clicks and strokes of mouse, pen and finger. Two fingers zoom. */
function listen(map, { set, preview, begin }) {
  const container = map.getContainer();
  /** @type {PointerEvent | null} */
  let pressed = null;
  let dragged = false;
  const down = (event) => {
    dragged = false;
    pressed = event.isPrimary && event.button === 0 && isOnMap(event) ? event : null;
  };
  const move = (event) => {
    if (!event.isPrimary) return;
    if (pressed && Math.hypot(event.clientX - pressed.clientX, event.clientY - pressed.clientY) > DRAG_PX) {
      if (!dragged) begin(toPosition(map.mouseEventToLatLng(pressed)));
      dragged = true;
    }
    if (dragged || (!pressed && isOnMap(event))) preview(toPosition(map.mouseEventToLatLng(event)));
  };
  const up = (event) => {
    if (dragged && pressed && event.isPrimary) set(toPosition(map.mouseEventToLatLng(event)));
    pressed = null;
  };
  // After a stroke the browser tells of a click as well.
  const click = ({ latlng }) => !dragged && set(toPosition(latlng));
  const handlers = { pointerdown: down, pointermove: move, pointerup: up, pointercancel: () => (pressed = null) };
  for (const [name, handler] of Object.entries(handlers)) container.addEventListener(name, handler);
  map.on("tools:click", click);
  return () => {
    for (const [name, handler] of Object.entries(handlers)) container.removeEventListener(name, handler);
    map.off("tools:click", click);
  };
}

const circleThrough = (centre, edge) => makeCircle(centre, distanceM(centre, edge) / 1000);

function rectangleBetween(one, other) {
  const [west, south, east, north] = boundsOf([one, other]);
  return makeRectangle({ west, south, east, north });
}

function sizeBetween(kind, one, other) {
  if (kind === "circle") return _("Radius %(other)s", { other: lengthWords(distanceM(one, other)) });
  const [west, south, east, north] = boundsOf([one, other]);
  const [width, height] = [distanceM([west, south], [east, south]), distanceM([west, south], [west, north])];
  return `${lengthWords(width)} by ${lengthWords(height)}`;
}

function drawPolygon({ map, panel, done, cancel, shape }) {
  const finish = () => attempt(panel, () => done(makePolygon(session.corners())));
  const session = collectCorners(map, {
    onChange: (corners) => {
      panel.refuse("");
      panel.show(corners.length ? _("Corners: %(length)s", { length: corners.length }) : "");
      session.sketch.surface(corners.length > 2 ? corners : []);
    },
    onFinish: finish,
  });
  panel.open(
    TITLES.polygon,
    actions(
      button(_("Finish"), finish),
      button(_("Remove last corner"), session.undo),
      button(ARROWS, () => useArrows(panel, session.useArrows)),
      button(_("Cancel"), cancel),
    ),
    polygonForm(panel, shape, done),
  );
  return session;
}

const text = (value) => (value == null ? "" : String(value));

function rectangleForm(panel, shape, done) {
  const now = shape?.kind === "rectangle" ? boundsOf(shape.geometry.coordinates[0]) : [];
  const labels = { west: _("West"), south: _("South"), east: _("East"), north: _("North") };
  const fields = Object.entries(labels).map(([name, label], i) => ({ name, label, value: text(now[i]), hint: "degrees" }));
  return foldedForm(panel, {
    heading: _("Type its sides"),
    fields,
    submit: _("Set the rectangle"),
    use: (values) => {
      const sides = Object.entries(labels).map(([name, label]) => [name, parseNumber(values[name], label)]);
      done(makeRectangle(checkSides(Object.fromEntries(sides))));
    },
  });
}

/** @param {any} sides degrees */
function checkSides(sides) {
  for (const [name, value] of Object.entries(sides)) {
    const most = name === "west" || name === "east" ? 180 : 90;
    if (Math.abs(value) <= most) continue;
    throw new Refusal(_("%(name)s: %(value)s lies outside −%(most)s to %(most)s degrees.", { name: _(name[0].toUpperCase() + name.slice(1)), value, most }));
  }
  return sides;
}

function circleForm(panel, shape, done) {
  const now = shape?.kind === "circle" ? circleOf(shape.geometry) : null;
  return foldedForm(panel, {
    heading: _("Type centre and radius"),
    fields: [
      { name: "centre", label: _("Centre"), value: now ? positionWords(now.centre).decimal : "", hint: "latitude, longitude" },
      { name: "radius", label: _("Radius"), value: text(now?.radiusKm), hint: "km" },
    ],
    submit: _("Set the circle"),
    use: ({ centre, radius }) => done(makeCircle(parsePosition(centre), parseNumber(radius, _("Radius")))),
  });
}

function polygonForm(panel, shape, done) {
  const hint = _("one corner to a line: latitude, longitude; or WKT: POLYGON((lon lat, …))");
  return foldedForm(panel, {
    heading: _("Type its corners"),
    fields: [{ name: "corners", label: _("Corners"), rows: 5, hint, value: shape?.kind === "polygon" ? toWkt(shape.geometry) : "" }],
    submit: _("Set the polygon"),
    use: ({ corners }) => done(parseShape(corners)),
  });
}
