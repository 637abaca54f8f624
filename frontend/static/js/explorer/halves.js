// The blocks twice, in two ways of seeing them: each half a layer of its own, cut off where the divider stands.

import { _ } from "../say.js";
import { drawBlocks } from "../blocks.js";
import { clear } from "../layer.js";
import { loadFeatures } from "../load.js";
import { element } from "../popups.js";
import { swatch } from "../symbols.js";
import { THEMES, THEME_WORDS, themeClass, themeLines } from "../themes.js";
import { dateWords, numberWords } from "../words.js";
import { createDivider } from "./divider.js";

/**
 * @typedef {object} Half
 * @property {"left" | "right"} name
 * @property {string} asked a theme, or a day as YYYY-MM-DD
 * @property {string} theme what its colours tell now
 * @property {any} entry what blocks are drawn from, as a layer has it
 * @property {any} group its shapes
 * @property {HTMLElement[]} panes of its shapes, and of its dots
 * @property {any} source the features that are drawn
 * @property {any[]} found on its day
 * @property {string} question that what was found answers
 * @property {number} turn
 */

// Beside the panes of the blocks themselves: shapes under the symbols of points, dots above them.
const HEIGHTS = { shapes: "410", dots: "621" };
/** @type {any[]} */
const NOTHING = [];
const OPEN_FROM_PX = 520;
const NARROW_PX = 900;

/** @param {string} asked */
export const isDay = (asked) => !THEMES.includes(asked);

/** @param {string} asked */
export const sideWords = (asked) => (isDay(asked) ? (dateWords(asked) ?? asked) : `by ${THEME_WORDS[asked]}`);

/** The layer whose blocks are shown. @param {any} map */
export const blocksOf = (map) => map.portal.layers.find(({ options }) => options.kind === "blocks");

/** @param {any} map */
export function tooMany(map) {
  const { most_shapes: most, matched } = map.portal.options;
  return most && (blocksOf(map)?.tiles || matched > most)
    ? _("Swipe needs at most %(most)s blocks; there are %(matched)s now. Filter them further.", { most: numberWords(most), matched: numberWords(matched) })
    : "";
}

/**
 * @param {any} map
 * @param {[string, string]} asked left and right
 * @returns {{remove: () => void, focus: () => void}}
 */
export function showHalves(map, asked) {
  const container = map.getContainer();
  const ending = new AbortController();
  const halves = [makeHalf(map, "left", asked[0]), makeHalf(map, "right", asked[1])];
  const labels = createLabels(map);
  const divider = createDivider(map, `${sideWords(asked[0])} left, ${sideWords(asked[1])} right`, cut);

  /** Each half ends at the divider, and what of it cannot be seen cannot be reached by keys either. */
  function cut() {
    const { from, to, at } = divider.place();
    const box = (left, right) => `polygon(${left}px ${from.y}px, ${right}px ${from.y}px, ${right}px ${to.y}px, ${left}px ${to.y}px)`;
    labels.place(at - from.x);
    for (const { name, panes } of halves) {
      for (const pane of panes) pane.style.clipPath = name === "left" ? box(from.x, at) : box(at, to.x);
    }
  }
  function hideUnseen() {
    const { at } = divider.place();
    for (const { name, group } of halves) {
      group.eachLayer((shape) => {
        const [west, east] = edgesOf(map, shape);
        shape.getElement()?.classList.toggle("is-cut-off", name === "left" ? west > at : east < at);
      });
    }
  }
  const settle = () => {
    cut();
    hideUnseen();
  };

  /** @param {Half} half @param {any[]} features */
  async function draw(half, features) {
    const { entry, panes } = half;
    const theme = isDay(half.asked) ? (map.portal.theme ?? "status") : half.asked;
    if (half.source === features && half.theme === theme) return;
    clear(entry);
    Object.assign(half, { source: features, theme });
    entry.features = features;
    for (const pane of panes) for (const one of THEMES) pane.classList.toggle(`by-${one}`, one === theme);
    await drawBlocks(map, entry);
    labels.fill(half);
    settle();
  }

  /** Blocks as they stood on a day, by the filters that hold. @param {Half} half @param {any} base */
  async function fetchDay(half, base) {
    const address = new URL(base.options.url, location.href);
    address.searchParams.set("as_of", half.asked);
    const question = `${address.pathname}${address.search}#${base.options.body ?? ""}`;
    if (half.question === question) return draw(half, half.found);
    half.question = question;
    const turn = (half.turn += 1);
    const note = map.portal.notes.begin(_("Blocks on %(asked)s", { asked: dateWords(half.asked) }));
    const most = map.portal.options.most_shapes ?? Infinity;
    const progress = (got, of = got) => {
      if (of > most) throw new Error(_("on that day %(of)s blocks answer the filters, and swipe needs at most %(most)s", { of: numberWords(of), most: numberWords(most) }));
      note.progress(got, of);
    };
    try {
      const features = await loadFeatures(address.pathname + address.search, progress, base.options.body);
      note.done();
      if (turn !== half.turn) return;
      half.found = features;
      if (container.classList.contains("is-swiped")) draw(half, features);
    } catch (error) {
      if (turn !== half.turn) return note.done();
      half.found = NOTHING;
      draw(half, NOTHING);
      note.fail(/** @type {Error} */ (error).message, () => {
        half.question = "";
        follow();
      });
    }
  }

  /** What the layer of the blocks shows, both halves show in their ways. */
  function follow() {
    const base = blocksOf(map);
    const rests = tooMany(map);
    const isOn = Boolean(base) && map.hasLayer(base.group) && !rests;
    container.classList.toggle("is-swiped", isOn);
    container.classList.toggle("has-swiped-day", isOn && asked.some(isDay));
    divider.show(isOn);
    labels.rest(rests);
    for (const half of halves) {
      if (!isOn) draw(half, NOTHING);
      else if (isDay(half.asked)) void fetchDay(half, base);
      else draw(half, base.features);
    }
  }

  map.on("move resize viewreset", cut);
  map.on("moveend zoomend portal:swiped", settle);
  map.on("portal:change", follow);
  lightWithRows(container, ending.signal);
  follow();
  settle();
  return {
    focus: divider.focus,
    remove() {
      map.off("move resize viewreset", cut);
      map.off("moveend zoomend portal:swiped", settle);
      map.off("portal:change", follow);
      ending.abort();
      container.classList.remove("is-swiped", "has-swiped-day");
      for (const half of halves) {
        half.turn += 1;
        clear(half.entry);
        half.group.remove();
      }
      divider.remove();
      labels.remove();
    },
  };
}

/** @param {any} map @param {"left" | "right"} name @param {string} asked @returns {Half} */
function makeHalf(map, name, asked) {
  const [shapes, dots] = Object.entries(HEIGHTS).map(([kind, height]) => {
    const pane = map.getPane(`swipe-${name}-${kind}`) ?? map.createPane(`swipe-${name}-${kind}`);
    pane.style.zIndex = height;
    return pane;
  });
  /** @type {Half} */
  const half = { name, asked, theme: "", panes: [shapes, dots], source: null, found: NOTHING, question: "", turn: 0, entry: null, group: null };
  const group = L.layerGroup().addTo(map);
  const told = new WeakSet();
  // Blocks are drawn as ever, but each shape lies in this half's panes and wears the class of one theme only.
  const addLayer = (/** @type {any} */ shape) => {
    const { options } = shape;
    const isOfOther = (word) => THEMES.some((theme) => theme !== half.theme && word.startsWith(`${theme}-`));
    options.pane = `swipe-${name}-${shape instanceof L.CircleMarker ? "dots" : "shapes"}`;
    options.className = options.className.split(" ").filter((word) => !isOfOther(word)).join(" ");
    if (isDay(asked) && !told.has(shape)) tellDay(shape, asked);
    told.add(shape);
    group.addLayer(shape);
  };
  // No layer by itself: what goes with a layer, such as the blocks' names, is there once already.
  const stand = { addLayer, removeLayer: (shape) => group.removeLayer(shape), clearLayers: () => group.clearLayers() };
  half.group = group;
  half.entry = { options: { ...blocksOf(map)?.options, highlight: null }, group: stand, features: [], stop: null, find: null };
  return half;
}

/** Where a shape begins and ends, in pixels of the map's panes. */
function edgesOf(map, shape) {
  if (!shape.getBounds) {
    const { x } = map.latLngToLayerPoint(shape.getLatLng());
    return [x - shape.getRadius(), x + shape.getRadius()];
  }
  const bounds = shape.getBounds();
  return [bounds.getNorthWest(), bounds.getSouthEast()].map((corner) => map.latLngToLayerPoint(corner).x);
}

/** A popup, and the name that is read out, say which day they speak of. */
function tellDay(shape, day) {
  const words = dateWords(day);
  const popup = shape.getPopup();
  const content = popup.getContent();
  popup.setContent((source) => {
    const box = content(source);
    box.querySelector(".popup-title")?.after(element("p", { class: "popup-day" }, _("As it stood on %(words)s, by the events known now", { words })));
    return box;
  });
  shape.on("add", () => {
    const path = shape.getElement();
    path?.setAttribute("aria-label", `${path.getAttribute("aria-label")}, on ${words}`);
  });
}

/** What each half shows, above it, with the lines of its legend. @param {any} map */
function createLabels(map) {
  const container = map.getContainer();
  const isWide = () => map.getSize().x >= OPEN_FROM_PX;
  const boxes = Object.fromEntries(["left", "right"].map((name) => [name, element("details", { class: `swipe-side is-${name}` })]));
  for (const box of Object.values(boxes)) box.open = isWide();
  const rest = element("p", { class: "swipe-rest", role: "status" });
  rest.hidden = true;
  const bar = element("div", { class: "swipe-sides" }, boxes.left, boxes.right, rest);
  container.append(bar);
  L.DomEvent.disableClickPropagation(bar);
  L.DomEvent.disableScrollPropagation(bar);
  const fold = () => {
    if (map.getSize().x < NARROW_PX) for (const box of Object.values(boxes)) box.open = false;
  };
  map.on("popupopen", fold);
  return {
    place: (px) => bar.style.setProperty("--swipe-at", `${px}px`),
    /** @param {string} words why there are no halves now; "" when there are */
    rest(words) {
      if (rest.textContent !== words) rest.textContent = words;
      rest.hidden = !words;
      for (const box of Object.values(boxes)) box.hidden = Boolean(words);
    },
    /** @param {Half} half */
    fill({ name, asked, theme, entry }) {
      const words = `${sideWords(asked)}${isDay(asked) ? `, by ${THEME_WORDS[theme]}` : ""}`;
      const title = words[0].toUpperCase() + words.slice(1);
      boxes[name].replaceChildren(
        element("summary", {}, element("span", { class: "visually-hidden" }, `${name === "left" ? "Left" : "Right"}: `), title),
        element("ul", { class: `by-${theme}` }, ...legendLines(map, theme, asked, entry.features)),
      );
    },
    remove() {
      map.off("popupopen", fold);
      bar.remove();
    },
  };
}

/** The lines of a theme that blocks have, each with its number. */
function legendLines(map, theme, asked, features) {
  const counts = new Map();
  for (const { properties } of features) {
    const name = themeClass(theme, properties);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return themeLines(theme, map.portal.words).flatMap((line) => {
    const count = counts.get(line.class);
    if (!count) return [];
    const picture = element("span");
    picture.innerHTML = swatch(line.class); // made of our own constants
    const isBefore = isDay(asked) && theme === "status" && line.value === "unknown";
    const words = isBefore ? _("no event by then") : line.words;
    return [element("li", {}, picture, element("span", {}, words), element("span", { class: "count" }, String(count)))];
  });
}

/** A row under the pointer lights its block in both halves. @param {HTMLElement} container @param {AbortSignal} signal */
function lightWithRows(container, signal) {
  for (const [name, on] of /** @type {[string, boolean][]} */ ([
    ["pointerover", true],
    ["pointerout", false],
    ["focusin", true],
    ["focusout", false],
  ])) {
    const light = ({ target }) => {
      const id = /** @type {Element} */ (target).closest?.("#table tr[data-id]")?.getAttribute("data-id");
      if (!id) return;
      for (const path of container.querySelectorAll(`path[data-id="${CSS.escape(id)}"]`)) path.classList.toggle("is-lit", on);
    };
    document.addEventListener(name, light, { signal });
  }
}
