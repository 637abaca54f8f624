// Very many blocks: vector tiles. Counts per cell from afar, which open on click, shapes from near.

import { _ } from "./say.js";
import { closeIn } from "./map.js";
import { blockPopup, element } from "./popups.js";
import { clear } from "./layer.js";
import { themeClass } from "./themes.js";

const LIBRARY = "/static/vendor/protomaps/protomaps-leaflet.js";
const DEEPEST_DATA_ZOOM = 14;
const PICK_PX = 8;
const MOST_LISTED = 8;
const OPEN_BY = 2;
const LABELS_FROM = 11;

/** @type {Promise<any> | null} */
let library = null;

/** The library is fetched when it is first needed. */
function loadLibrary() {
  library ??= new Promise((resolve, reject) => {
    const script = element("script", { src: LIBRARY });
    script.addEventListener("load", () => resolve(window.protomapsL));
    script.addEventListener("error", () => {
      library = null;
      reject(new Error(_("the part that draws tiles could not be loaded")));
    });
    document.head.append(script);
  });
  return library;
}

/**
 * @param {any} map
 * @param {any} entry
 */
export async function drawTiles(map, entry) {
  const turn = entry.turn;
  const tools = await loadLibrary();
  if (turn !== entry.turn) return;
  clear(entry);
  const paint = painter(map);
  const layer = tools.leafletLayer({
    url: tileAddress(entry.options.url),
    maxDataZoom: DEEPEST_DATA_ZOOM,
    attribution: "",
    paintRules: paintRules(tools, paint),
    labelRules: labelRules(tools, paint),
  });
  layer.addTo(entry.group);
  const repaint = () => {
    paint.read();
    layer.clearLayout();
    layer.rerenderTiles();
  };
  const pick = (event) => pickAt(map, entry, layer, event.latlng);
  map.on("portal:theme", repaint);
  map.on("click", pick);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", repaint);
  const watch = new MutationObserver(repaint);
  watch.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  entry.tiles = layer;
  entry.stop = () => {
    map.off("portal:theme", repaint);
    map.off("click", pick);
    dark.removeEventListener("change", repaint);
    watch.disconnect();
    entry.tiles = null;
  };
}

/**
 * The tiles that hold what an items address holds.
 * @param {string} url
 */
export function tileAddress(url) {
  const address = new URL(url, location.href);
  address.searchParams.delete("limit");
  const path = address.pathname.replace(/items$/, "tiles/WebMercatorQuad/{z}/{y}/{x}");
  return path + address.search;
}

/** The colours of the style sheets, by class: the canvas has no style of its own. */
function painter(map) {
  const colours = new Map();
  const probe = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  const made = {
    ink: "",
    paper: "",
    accent: "",
    read() {
      colours.clear();
      const style = getComputedStyle(document.documentElement);
      made.ink = style.getPropertyValue("--edge").trim();
      made.paper = style.getPropertyValue("--raised").trim();
      made.accent = style.getPropertyValue("--accent").trim();
    },
    /** @param {Record<string, any>} properties */
    fill(properties) {
      const name = themeClass(map.portal.theme, properties);
      if (!colours.has(name)) {
        probe.setAttribute("class", `shape ${name}`);
        map.getContainer().append(probe);
        const own = getComputedStyle(probe).getPropertyValue("--fill").trim();
        const status = getComputedStyle(document.documentElement).getPropertyValue(`--${name.replaceAll("_", "-")}`).trim();
        probe.remove();
        colours.set(name, own && own !== "none" ? resolve(own) : status || made.paper);
      }
      return colours.get(name);
    },
  };
  made.read();
  return made;
}

/** @param {string} text a colour, or the name of one: var(--x) */
function resolve(text) {
  const name = /^var\((--[\w-]+)\)$/.exec(text)?.[1];
  return name ? getComputedStyle(document.documentElement).getPropertyValue(name).trim() : text;
}

const countRadius = (_, feature) => Math.min(22, 8 + 2.2 * Math.log10(feature?.props.count ?? 1) ** 1.6);

function paintRules(tools, paint) {
  return [
    {
      dataLayer: "blocks",
      symbolizer: new tools.PolygonSymbolizer({
        fill: (_, feature) => paint.fill(feature?.props ?? {}),
        opacity: 0.9,
        stroke: () => paint.ink,
        width: (_, feature) => (feature?.props.boundary_kind === "published" ? 1 : 0.5),
        perFeature: true,
      }),
    },
    {
      dataLayer: "counts",
      symbolizer: new tools.CircleSymbolizer({
        radius: countRadius,
        fill: () => paint.paper,
        stroke: () => paint.accent,
        width: () => 2,
        opacity: () => 0.95,
      }),
    },
  ];
}

const short = (count) =>
  count >= 1e6 ? `${Math.round(count / 1e5) / 10}M` : count >= 1e4 ? `${Math.round(count / 1e3)}k` : String(count);

class CountText {
  constructor(tools, paint) {
    this.paint = paint;
    this.tools = tools;
  }

  place(layout, geometry, feature) {
    const point = geometry[0][0];
    const text = short(feature.props.count ?? 1);
    const { paint } = this;
    const draw = (context) => {
      context.globalAlpha = 1;
      context.font = "600 11px sans-serif";
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillStyle = paint.ink;
      context.fillText(text, 0, 0);
    };
    const box = { minX: point.x - 4, minY: point.y - 4, maxX: point.x + 4, maxY: point.y + 4 };
    return [{ anchor: point, bboxes: [box], draw }];
  }
}

function labelRules(tools, paint) {
  return [
    { dataLayer: "counts", symbolizer: new CountText(tools, paint) },
    {
      dataLayer: "blocks",
      minzoom: LABELS_FROM,
      symbolizer: new tools.CenteredTextSymbolizer({
        labelProps: ["name"],
        fill: () => paint.ink,
        stroke: () => paint.paper,
        width: 2,
        font: "500 12px sans-serif",
      }),
    },
  ];
}

/** What was clicked: a count opens, a block tells about itself. */
function pickAt(map, entry, layer, latlng) {
  const found = [...layer.queryTileFeaturesDebug(latlng.lng, latlng.lat, PICK_PX).values()].flat();
  const cell = found.find(({ layerName }) => layerName === "counts");
  if (cell && cell.feature.props.count > 1) {
    map.setView(latlng, Math.min(map.getMaxZoom(), map.getZoom() + OPEN_BY), { animate: false });
    return;
  }
  const ids = [...new Set(found.map(({ feature }) => feature.props.id).filter(Boolean))];
  if (ids.length) void tell(map, entry, latlng, ids);
}

/** The popup of a block, asked of the API; of several, a list. */
async function tell(map, entry, latlng, ids) {
  const answer = await fetch(`/api/collections/blocks/items?ids=${encodeURIComponent(ids.slice(0, MOST_LISTED).join(","))}`);
  if (!answer.ok) return;
  const { features } = await answer.json();
  if (!features.length) return;
  const [first, ...others] = features;
  const popup = L.popup({ minWidth: 220 }).setLatLng(latlng).setContent(blockPopup(map.portal.words, first, entry.options, others));
  map.fire("portal:block", { id: first.id });
  popup.openOn(map);
}

/**
 * Bring one block into view; in tiles it is asked of the API.
 * @param {any} map
 * @param {any} entry
 * @param {string} id
 */
export async function showTiled(map, entry, id) {
  const answer = await fetch(`/api/collections/blocks/items?ids=${encodeURIComponent(id)}`);
  if (!answer.ok) return;
  const { features } = await answer.json();
  if (!features.length) return;
  const bounds = L.geoJSON(features[0]).getBounds();
  closeIn(map, bounds);
  await tell(map, entry, bounds.getCenter(), [id]);
}
