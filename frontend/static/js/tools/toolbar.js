// The buttons. On a small map they fold into one, "Tools".

import { _ } from "../say.js";
import { element } from "../popups.js";

const WIDE_PX = 640;
const HIGH_PX = 480;
const SVG = "http://www.w3.org/2000/svg";

/** Pictures of 20 by 20, drawn as lines. */
const PICTURES = {
  rectangle: "M3 5h14v10H3z",
  polygon: "M10 2.5 17.5 8 14.5 16.5h-9L2.5 8z",
  circle: "M10 3a7 7 0 1 1 0 14a7 7 0 1 1 0-14z M10 10h7",
  file: "M5 2.5h7l3.5 3.5v11.5H5z M12 2.5v3.5h3.5 M10.2 14.5v-5.5 M7.8 11.2l2.4-2.4 2.4 2.4",
  measure: "M2.5 13 13 2.5l4.5 4.5L7 17.5z M6 9.5l2 2 M9 6.5l2.6 2.6 M12 3.5l2 2",
  goto: "M10 18s6-6 6-10.2a6 6 0 0 0-12 0C4 12 10 18 10 18z M10 5.7a2.2 2.2 0 1 1 0 4.4a2.2 2.2 0 1 1 0-4.4z",
  graticule: "M3 3h14v14H3z M3 7.7h14 M3 12.3h14 M7.7 3v14 M12.3 3v14",
  shape: "M6 6h8v8H6z M2.5 2.5h2 M7 2.5h2 M11 2.5h2 M15.5 2.5h2v2 M17.5 7v2 M17.5 11v2 M17.5 15.5v2h-2 M13 17.5h-2 M9 17.5h-2 M4.5 17.5h-2v-2 M2.5 13v-2 M2.5 9v-2 M2.5 4.5v-2",
  remove: "M3.5 5.5h13 M8 5.5v-2.5h4v2.5 M5.5 5.5l.8 12h7.4l.8-12 M8.5 8.5v6 M11.5 8.5v6",
};

function picture(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of [["viewBox", "0 0 20 20"], ["aria-hidden", "true"]]) svg.setAttribute(key, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PICTURES[name]);
  svg.append(path);
  return svg;
}

/**
 * @param {any} map
 * @param {[string, string][]} tools id and words of each
 * @param {(id: string, byKeyboard: boolean) => void} press
 */
export function createToolbar(map, tools, press) {
  const buttons = new Map(tools.map(([id, words]) => [id, makeButton(id, words)]));
  const list = element("div", { class: "tool-list", role: "group", "aria-label": _("Map tools") }, ...buttons.values());
  list.id = `${map.getContainer().id || "map"}-tools`;
  const fold = element("button", { type: "button", class: "tool-fold", "aria-controls": list.id }, _("Tools"));
  const box = element("div", { class: "leaflet-bar tool-bar" }, fold, list);
  const open = (isOpen) => {
    box.classList.toggle("is-open", isOpen);
    fold.setAttribute("aria-expanded", String(isOpen));
  };
  open(false);
  fold.addEventListener("click", () => open(!box.classList.contains("is-open")));
  for (const [id, button] of buttons) {
    button.addEventListener("click", ({ detail }) => {
      open(false);
      // A click without a pointer behind it is the Enter key.
      press(id, detail === 0);
    });
  }
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !box.classList.contains("is-open")) return;
    event.stopPropagation();
    open(false);
    fold.focus();
  });
  map.on("click popupopen", () => open(false));
  place(map, box);
  return {
    /** Which tool is in hand. */
    mark: (id, on) => buttons.get(id)?.setAttribute("aria-pressed", String(on)),
    able: (id, on) => buttons.get(id)?.setAttribute("aria-disabled", String(!on)),
    focus: (id) => (box.classList.contains("is-folded") ? fold : buttons.get(id))?.focus(),
  };
}

function makeButton(id, words) {
  const made = element("button", { type: "button", title: words, "data-tool": id }, picture(id), element("span", {}, words));
  if (id !== "remove") made.setAttribute("aria-pressed", "false");
  return made;
}

function place(map, box) {
  const control = L.control({ position: "topleft" });
  control.onAdd = () => {
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    return box;
  };
  control.addTo(map);
  const fit = () => {
    const { x, y } = map.getSize();
    const isFolded = x < WIDE_PX || y < HIGH_PX;
    box.classList.toggle("is-folded", isFolded);
    map.getContainer().classList.toggle("has-folded-tools", isFolded);
    map.getContainer().classList.toggle("is-small", x < WIDE_PX);
  };
  map.on("resize", fit);
  fit();
}
