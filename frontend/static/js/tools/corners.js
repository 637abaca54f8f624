// Corner after corner: what a polygon and a measured line share.

import { createSketch, holdMap, nearPx, toPosition } from "./marks.js";

/** @typedef {[number, number]} Position lon, lat; degrees */

/**
 * @param {any} map
 * @param {object} options
 * @param {(corners: Position[]) => void} options.onChange a corner came or went
 * @param {(corners: Position[], here: Position) => void} [options.onMove] the pointer is somewhere else
 * @param {(isClosed: boolean) => void} options.onFinish
 */
export function collectCorners(map, { onChange, onMove = () => {}, onFinish }) {
  let corners = [];
  const sketch = createSketch(map);
  const held = holdMap(map, { onMiddle: () => follow(toPosition(map.getCenter())) });
  const change = () => {
    sketch.line(corners);
    sketch.dots(corners);
    sketch.rubber([]);
    onChange(corners);
  };
  const add = (position) => {
    const last = corners.at(-1);
    // A double click is two clicks in one place.
    if (last && isNear(map, last, position, 3)) return;
    if (corners.length >= 3 && isNear(map, corners[0], position, nearPx())) {
      onFinish(true);
      return;
    }
    corners = [...corners, position];
    change();
  };
  const follow = (position) => {
    if (!corners.length) return;
    sketch.rubber([corners.at(-1), position]);
    onMove(corners, position);
  };
  const undo = () => {
    corners = corners.slice(0, -1);
    change();
  };
  const events = {
    "tools:click": ({ latlng }) => add(toPosition(latlng)),
    mousemove: ({ latlng }) => follow(toPosition(latlng)),
    dblclick: () => onFinish(false),
  };
  map.on(events);
  return {
    undo,
    /** All corners at once, as typed. */
    set: (typed) => {
      corners = typed;
      change();
    },
    useArrows: held.showCross,
    corners: () => corners,
    sketch,
    key: (event) => {
      const act = { Enter: () => onFinish(false), Backspace: undo, " ": () => placeInMiddle(map, held, add) }[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    },
    /** No more corners; what is drawn stays until `remove`. */
    rest: () => {
      map.off(events);
      held.stop();
      sketch.rubber([]);
    },
    stop: () => {
      map.off(events);
      held.stop();
      sketch.remove();
    },
  };
}

/** The first press of the space bar only shows where the middle is. */
export function placeInMiddle(map, held, add) {
  if (held.hasCross()) add(toPosition(map.getCenter()));
  else held.showCross();
}

function isNear(map, [lon1, lat1], [lon2, lat2], px) {
  const [one, other] = [map.latLngToContainerPoint([lat1, lon1]), map.latLngToContainerPoint([lat2, lon2])];
  return one.distanceTo(other) <= px;
}
