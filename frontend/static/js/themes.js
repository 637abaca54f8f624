// What the colours of blocks can tell: one theme at a time, its classes, and the lines of its legend.

import { _ } from "./say.js";
import { numberWords, slugWords } from "./words.js";

/**
 * @typedef {object} Line a line of the legend
 * @property {string} class of the shapes that it stands for
 * @property {string} words
 * @property {string} [value] of the filter that finds them
 * @property {[string, string]} [bounds] of the filter that finds them, each may be empty
 */

export const THEMES = ["status", "stage", "mineral", "concession", "premium", "area"];
/** @type {Record<string, string>} */
export const THEME_WORDS = {
  status: _("status"),
  stage: _("exploration stage"),
  mineral: _("mineral"),
  concession: _("concession"),
  premium: _("premium"),
  area: _("declared area"),
};
// The minerals that have a colour of their own; more could not be told apart.
const MINERALS = [
  "graphite",
  "rare-earth-elements",
  "vanadium",
  "lithium",
  "nickel",
  "tungsten",
  "glauconite",
  "phosphorite",
];
const EDGES = { premium: [5, 25, 100, 400], area: [100, 500, 2000, 10000] };
const UNITS = { premium: "%", area: ` ${_("ha")}` };

/** @param {number | null | undefined} value @param {number[]} edges */
const step = (value, edges) => (value == null ? "unknown" : String(edges.filter((edge) => value >= edge).length));

const mineralClass = (slug) => (slug == null ? "unknown" : MINERALS.includes(slug) ? slug : "other");

/**
 * The classes of a block's shape, one for each theme.
 * @param {Record<string, any>} properties
 */
export function themeClasses(properties) {
  return [
    `status-${properties.status ?? "unknown"}`,
    `stage-${properties.stage ?? "unknown"}`,
    `mineral-${mineralClass(properties.primary_mineral)}`,
    `concession-${properties.concession ?? "unknown"}`,
    `premium-${step(properties.premium_percent, EDGES.premium)}`,
    `area-${step(properties.area_ha, EDGES.area)}`,
  ];
}

/**
 * The class of a block in one theme.
 * @param {string} theme
 * @param {Record<string, any>} properties
 */
export const themeClass = (theme, properties) => themeClasses(properties)[THEMES.indexOf(theme)];

/** @param {"premium" | "area"} theme */
function steps(theme) {
  const edges = EDGES[theme];
  const unit = UNITS[theme];
  const say = (number) => numberWords(number) ?? "";
  return [...edges.keys(), edges.length].map((place) => {
    const [least, most] = [edges[place - 1], edges[place]];
    const words =
      least == null
        ? _("under %(most)s%(unit)s", { most: say(most), unit })
        : most == null
          ? _("%(least)s%(unit)s and more", { least: say(least), unit })
          : `${say(least)} to ${say(most)}${unit}`;
    return { class: `${theme}-${place}`, words, bounds: [String(least ?? ""), String(most ?? "")] };
  });
}

/**
 * All lines that a theme's legend may have, in their order; the last one is what is not published.
 * @param {string} theme
 * @param {Record<string, any>} words
 * @returns {Line[]}
 */
export function themeLines(theme, words) {
  const notPublished = { class: `${theme}-unknown`, words: words.notPublished, value: "unknown" };
  const table = { status: words.status, stage: words.stage, concession: words.concession }[theme];
  if (table) {
    const lines = Object.entries(table).map(([value, said]) => ({ class: `${theme}-${value}`, words: said, value }));
    return [...lines, notPublished];
  }
  if (theme === "mineral") {
    const lines = MINERALS.map((slug) => ({ class: `mineral-${slug}`, words: slugWords(slug) ?? slug, value: slug }));
    return [...lines, { class: "mineral-other", words: _("other minerals") }, { ...notPublished, value: undefined }];
  }
  const kind = /** @type {"premium" | "area"} */ (theme);
  return [...steps(kind), { ...notPublished, value: undefined }].map((line) => /** @type {Line} */ (line));
}

/**
 * Colour the map by a theme; the address, the legend and the tiles follow.
 * @param {any} map
 * @param {string} theme
 */
export function setTheme(map, theme) {
  const { classList } = map.getContainer();
  for (const other of THEMES) classList.toggle(`by-${other}`, other === theme);
  map.portal.theme = theme;
  map.fire("portal:theme");
  map.fire("portal:change");
}
