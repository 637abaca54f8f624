// Blocks: their polygon, or a dot where it would be too small to see, coloured by status or stage.

import { _ } from "./say.js";
import { nameBlocks } from "./blocknames.js";
import { toLatLngs } from "./geometry.js";
import { closeIn } from "./map.js";
import { bindWords, blockPopup } from "./popups.js";
import { themeClasses } from "./themes.js";
import { inTurns } from "./turns.js";
import { statusWords } from "./words.js";

const SMALLEST_PX = 14;
const DOT_RADIUS_PX = 6;
const SAME_PLACE_PX = 9;
const CHOSEN_PX = 80;
// Dots lie above the symbols of points, which are larger; polygons lie below them.
const DOTS_PANE = "dots";
const DOTS_HEIGHT = "620";

/**
 * @param {any} map
 * @param {any} entry
 */
export async function drawBlocks(map, entry) {
  const { options, group, features } = entry;
  if (!map.getPane(DOTS_PANE)) map.createPane(DOTS_PANE).style.zIndex = DOTS_HEIGHT;
  const blocks = [];
  let isOver = false;
  entry.stop = () => (isOver = true);
  await inTurns(map, features, (feature) => blocks.push(makeBlock(map, feature, options)), () => isOver);
  if (isOver) return;
  // Big ones below, so that a small block within an indicative area can still be picked.
  blocks.sort((a, b) => b.span - a.span);
  for (const block of blocks) block.others = () => sameplace(map, block, blocks);
  const draw = () => blocks.forEach((block) => redraw(map, group, block));
  map.on("zoomend", draw);
  const unname = nameBlocks(map, entry, blocks);
  entry.stop = () => {
    isOver = true;
    map.off("zoomend", draw);
    unname();
  };
  entry.find = (id) => blocks.find(({ feature }) => feature.id === id);
  await inTurns(map, blocks, (block) => redraw(map, group, block), () => isOver);
  if (isOver) return;
  const chosen = blocks.find(({ feature }) => feature.id === options.highlight);
  if (!chosen) return;
  if (sizeOf(map, chosen) < CHOSEN_PX) closeIn(map, chosen.bounds);
  // Its outline lies over those of its neighbours.
  chosen.drawn.bringToFront();
}

/** Width or height on the screen at the present zoom, whichever is more; pixels. */
function sizeOf(map, { bounds }) {
  const size = map.project(bounds.getSouthEast()).subtract(map.project(bounds.getNorthWest()));
  return Math.max(size.x, size.y);
}

/** A feature with its polygon; the dot is made when it is first needed. */
function makeBlock(map, feature, options) {
  const { properties } = feature;
  const polygon = L.polygon(toLatLngs(feature.geometry), {
    className: shapeClasses(feature, options),
    smoothFactor: 0.5,
  });
  const bounds = polygon.getBounds();
  const centre = properties.lat == null ? bounds.getCenter() : L.latLng(properties.lat, properties.lon);
  /** @type {any} */
  const block = { feature, bounds, centre, polygon, dot: null, drawn: null };
  block.span = bounds.getNorth() - bounds.getSouth();
  block.dress = (shape) => dress(map, shape, block, options);
  block.dress(polygon);
  return block;
}

function shapeClasses({ id, properties }, { highlight }) {
  const classes = [
    "shape block",
    ...themeClasses(properties),
    `boundary-${properties.boundary_kind}`,
  ];
  if (id === highlight) classes.push("is-chosen");
  return classes.join(" ");
}

/** Name on hover, popup on click or Enter, a place in the order of the Tab key. */
function dress(map, shape, block, options) {
  const { properties } = block.feature;
  const { words } = map.portal;
  const spoken = [properties.name, statusWords(words, properties.status), words.stage[properties.stage]];
  if (properties.boundary_kind === "indicative") spoken.push(_("approximate place"));
  const label = spoken.filter(Boolean).join(", ");
  bindWords(map, shape, label, () => blockPopup(words, block.feature, options, block.others()));
  shape.on("add", () => {
    const path = shape.getElement();
    path.setAttribute("tabindex", "0");
    path.setAttribute("role", "button");
    path.setAttribute("aria-label", label);
    path.dataset.id = block.feature.id;
  });
}

function makeDot(block) {
  const { className } = block.polygon.options;
  const dot = L.circleMarker(block.centre, {
    pane: DOTS_PANE,
    radius: DOT_RADIUS_PX,
    className: `${className} is-dot`,
  });
  block.dress(dot);
  return dot;
}

/** Polygon or dot, as the block's size on the screen has it. */
function redraw(map, group, block) {
  const small = sizeOf(map, block) < SMALLEST_PX;
  if (small) block.dot ??= makeDot(block);
  const wanted = small ? block.dot : block.polygon;
  if (wanted === block.drawn) return;
  if (block.drawn) group.removeLayer(block.drawn);
  group.addLayer(wanted);
  block.drawn = wanted;
}

/** Other blocks whose dot lies on this one's at the present zoom. */
function sameplace(map, block, blocks) {
  const here = map.latLngToLayerPoint(block.centre);
  return blocks
    .filter((other) => other !== block && other.drawn === other.dot && block.drawn === block.dot)
    .filter((other) => map.latLngToLayerPoint(other.centre).distanceTo(here) < SAME_PLACE_PX)
    .map((other) => other.feature);
}
