// The divider between two halves of a map: a line with a handle, moved by pointer and by keys.

import { _ } from "../say.js";
import { element } from "../popups.js";

const PANE = "swipe-divider";
// Above dots and symbols, below tooltips and popups.
const HEIGHT = "640";
const STEPS = { ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, PageDown: -10, PageUp: 10, Home: -100, End: 100 };

/**
 * @param {any} map
 * @param {string} words what stands on either side
 * @param {() => void} onMove
 */
export function createDivider(map, words, onMove) {
  const pane = map.getPane(PANE) ?? map.createPane(PANE);
  pane.style.zIndex = HEIGHT;
  const handle = element("div", {
    class: "swipe-handle",
    role: "slider",
    tabindex: "0",
    "aria-label": _("Divider of the map"),
    "aria-orientation": "horizontal",
    "aria-valuemin": "0",
    "aria-valuemax": "100",
  });
  const line = element("div", { class: "swipe-divider" }, handle);
  pane.append(line);
  L.DomEvent.disableClickPropagation(line);
  // Percent of the map's width that the left half has.
  let share = 50;

  /** Where the map's corners and the divider are, in pixels of the map's panes. */
  function place() {
    const size = map.getSize();
    const from = map.containerPointToLayerPoint([0, 0]);
    const to = map.containerPointToLayerPoint(size);
    const at = Math.round(from.x + (size.x * share) / 100);
    L.DomUtil.setPosition(line, L.point(at, from.y));
    line.style.height = `${size.y}px`;
    return { from, to, at };
  }
  function say() {
    handle.setAttribute("aria-valuenow", String(Math.round(share)));
    handle.setAttribute("aria-valuetext", `${Math.round(share)} %: ${words}`);
  }
  /** @param {number} wanted */
  function move(wanted) {
    share = Math.min(100, Math.max(0, wanted));
    say();
    onMove();
  }
  const done = () => map.fire("portal:swiped");

  handle.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    move(share + step);
    done();
  });
  line.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    line.setPointerCapture(event.pointerId);
    handle.focus({ preventScroll: true });
  });
  line.addEventListener("pointermove", (event) => {
    if (!line.hasPointerCapture(event.pointerId)) return;
    const { left, width } = map.getContainer().getBoundingClientRect();
    move(((event.clientX - left) / width) * 100);
  });
  line.addEventListener("lostpointercapture", done);
  say();
  return {
    place,
    focus: () => handle.focus({ preventScroll: true }),
    show: (isOn) => (line.hidden = !isOn),
    remove: () => line.remove(),
  };
}
