// The map on paper: as wide as the page, with its legend open and a line for each thing that a print must say.

import { _ } from "../say.js";
import { element } from "../popups.js";
import { THEME_WORDS } from "../themes.js";
import { dateWords, numberWords } from "../words.js";

// Where tiles are slow, what is there by then is printed.
const PATIENCE_MS = 4000;
const SETTLE_MS = 150;
// Of more lines in the legend the map leaves it more of the page.
const MANY_LINES = 24;
const WORDS = _("Print map");

/** @type {{prepare: () => void, settled: () => Promise<void>, restore: () => void} | null} */
let paper = null;

/** @param {any} map */
export function addPrint(map) {
  const root = document.documentElement;
  /** @type {(() => void) | null} */
  let undo = null;

  /** All at once: what a browser's own command prints is laid out as soon as this returns. */
  function prepare() {
    if (undo) return;
    const [centre, zoom, bounds, theme] = [map.getCenter(), map.getZoom(), boundsOf(map), root.dataset.theme];
    const { zoomSnap } = map.options;
    const address = location.href;
    const sheet = makeSheet(map, address);
    root.dataset.theme = "light";
    root.classList.add("is-printing");
    root.style.setProperty("--paper-map", sheet.querySelectorAll("li").length > MANY_LINES ? "99mm" : "116mm");
    map.invalidateSize({ animate: false, pan: false });
    // As large as the page lets it be, not only at the screen's own steps.
    map.options.zoomSnap = 0;
    map.fitBounds(bounds, { animate: false });
    const folded = [...map.getContainer().querySelectorAll("details.swipe-side:not([open])")];
    for (const one of folded) one.open = true;
    document.querySelector(".explorer-map")?.after(sheet);
    undo = () => {
      sheet.remove();
      for (const one of folded) one.open = false;
      root.classList.remove("is-printing");
      root.style.removeProperty("--paper-map");
      if (theme) root.dataset.theme = theme;
      else delete root.dataset.theme;
      map.invalidateSize({ animate: false, pan: false });
      map.setView(centre, zoom, { animate: false });
      map.options.zoomSnap = zoomSnap;
    };
  }
  function restore() {
    undo?.();
    undo = null;
  }
  addEventListener("beforeprint", prepare);
  addEventListener("afterprint", restore);
  paper = { prepare, restore, settled: () => settled(map) };
  offerPrint();
}

/**
 * What the screen shows, without the empty sea round all that is drawn; a base map of tiles has none.
 * @param {any} map
 */
function boundsOf(map) {
  const view = map.getBounds();
  const drawn = L.latLngBounds([]);
  map.eachLayer((/** @type {any} */ layer) => {
    if (layer instanceof L.Path || layer instanceof L.Marker) drawn.extend(boxOf(layer));
  });
  const hasTiles = map.getContainer().matches(".base-osm, .base-imagery");
  if (hasTiles || !drawn.isValid() || !view.intersects(drawn)) return view;
  const around = drawn.pad(0.03);
  return L.latLngBounds(
    [Math.max(view.getSouth(), around.getSouth()), Math.max(view.getWest(), around.getWest())],
    [Math.min(view.getNorth(), around.getNorth()), Math.min(view.getEast(), around.getEast())],
  );
}

/** @param {any} shape */
const boxOf = (shape) => shape.getBounds?.() ?? shape.getLatLng();

/** A button beside Export; the table's head comes anew with each filter, and the button with it. */
export function offerPrint() {
  const head = document.querySelector("#table .take-away") ?? document.querySelector("#table .table-head");
  if (!paper || !head || document.getElementById("print-map")) return;
  const button = element("button", { type: "button", id: "print-map" }, WORDS);
  button.addEventListener("click", async () => {
    if (!paper || button.getAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    button.textContent = _("Preparing…");
    paper.prepare();
    await paper.settled();
    print();
    button.removeAttribute("aria-disabled");
    button.textContent = WORDS;
    // Some browsers tell nothing of the end: then it is when the reader goes on.
    for (const name of ["pointerdown", "keydown"]) addEventListener(name, paper.restore, { once: true });
  });
  head.append(button);
}

/** When all tiles of the layers that have any are there, or patience ends. @param {any} map */
async function settled(map) {
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const loading = () => {
    let waits = false;
    map.eachLayer((layer) => (waits ||= Boolean(layer.isLoading?.())));
    return waits;
  };
  await pause(SETTLE_MS);
  for (let waited = 0; loading() && waited < PATIENCE_MS; waited += SETTLE_MS) await pause(SETTLE_MS);
}

/** @param {any} map @param {string} address */
function makeSheet(map, address) {
  const facts = factsOf(map, address).map(([term, words]) => element("div", {}, element("dt", {}, term), element("dd", {}, words)));
  return element(
    "section",
    { class: "print-sheet", "aria-label": _("About this print") },
    element("dl", { class: "print-facts" }, ...facts),
    legendOf(map),
  );
}

/** The map's own legend, whole: words in place of buttons. @param {any} map */
function legendOf(map) {
  map.portal.fillLegend?.();
  const body = map.getContainer().querySelector(".map-legend .legend-body");
  const made = element("div", { class: "print-legend" });
  for (const part of body?.cloneNode(true).childNodes ?? []) made.append(part.cloneNode(true));
  const sides = [...map.getContainer().querySelectorAll(".is-swiped .swipe-side:not([hidden]) > summary")].map((one) => one.textContent);
  if (sides.length) made.querySelector(".legend-choice + ul")?.remove();
  const by = sides.length ? `${sides.join(". ")}.` : _("Coloured by %(theme)s", { theme: THEME_WORDS[map.portal.theme ?? "status"] });
  made.querySelector(".legend-choice")?.replaceWith(element("p", { class: "legend-by" }, by));
  for (const button of made.querySelectorAll("button")) {
    const line = element("span", { class: "print-line" });
    line.append(...button.childNodes);
    button.replaceWith(line);
  }
  return made;
}

/** What holds of the map and the table. @param {any} map @returns {[string, string][]} */
function factsOf(map, address) {
  const head = document.getElementById("head");
  const chips = [...document.querySelectorAll("#head .chip-filter")].map(chipWords);
  const rows = document.querySelector("#table .pages > span:not(.rows-choice)")?.textContent?.trim();
  const matched = Number(head?.dataset.matched ?? 0);
  const foot = document.querySelector(".site-footer")?.textContent ?? "";
  const today = new Date();
  const day = [today.getFullYear(), today.getMonth() + 1, today.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
  /** @type {[string, string | null | undefined][]} */
  const facts = [
    [_("Blocks"), rows ? _("%(number)s on the map; in the table: %(rows)s", { number: numberWords(matched), rows }) : _("%(number)s on the map", { number: numberWords(matched) })],
    [_("Filters"), chips.length ? chips.join("; ") : _("none: all blocks of the portal")],
    [_("Printed"), dateWords(day)],
    [_("Data"), dataWords(foot)],
    [_("Map"), _("North is up. The scale bar holds at the middle of the map (Web Mercator).")],
    [_("Source"), _("Khanij Atlas, compiled from public documents; each record’s page names its sources. %(map)s", { map: creditOf(map) })],
    [_("Address"), address],
  ];
  return facts.flatMap(([term, words]) => (words ? [[term, words]] : []));
}

/** @param {Element} chip */
function chipWords(chip) {
  const words = [...chip.childNodes].filter((node) => node instanceof Text || /** @type {Element} */ (node).matches("span.quiet"));
  return words.map(({ textContent }) => textContent?.trim()).filter(Boolean).join(" ");
}

/** As at which day and of which revision, as the page's foot says it. @param {string} foot */
function dataWords(foot) {
  const found = /(?:Data as at ([^,.]+))?(?:, )?(?:revision (\d+))?/.exec(foot.trim().replaceAll(/\s+/g, " "));
  return [found?.[1] && _("as at %(found)s", { found: found[1] }), found?.[2] && _("revision %(found)s", { found: found[2] })].filter(Boolean).join(", ");
}

/** @param {any} map */
const creditOf = (map) => (map.attributionControl.getContainer().textContent ?? "").replace(/^\s*Leaflet\s*\|?\s*/, "").trim();
