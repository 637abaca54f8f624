// The legend: read off the layers that are on, by the same tables that draw them.

import { _ } from "./say.js";
import { element } from "./popups.js";
import { swatch, symbol } from "./symbols.js";
import { THEMES, THEME_WORDS, setTheme, themeClass, themeLines } from "./themes.js";
import { fillOf, slugWords, statusWords } from "./words.js";

/** How much of the map's right side the open legend takes. */
export const LEGEND_PX = 290;
const WIDE_PX = 900;
const HIGH_PX = 400;

const isNarrow = (map) => map.getSize().x < WIDE_PX;

/** The legend starts open where it leaves room enough for the map. */
export const legendIsOpenAtFirst = (map) => map.getSize().x >= WIDE_PX && map.getSize().y >= HIGH_PX;

/** @param {any} map */
export function legend(map) {
  const control = L.control({ position: "bottomright" });
  control.onAdd = () => {
    const box = element("details", { class: "map-legend" }, element("summary", {}, _("Legend")));
    const body = box.appendChild(element("div", { class: "legend-body", tabindex: "0", role: "group", "aria-label": _("Legend") }));
    box.open = legendIsOpenAtFirst(map);
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    // Where there is no room for both, a popup and the legend take turns.
    box.addEventListener("toggle", () => {
      fill();
      if (box.open && isNarrow(map)) map.closePopup();
    });
    map.on("popupopen", () => isNarrow(map) && (box.open = false));
    // A closed one is made when it is opened, or printed.
    map.portal.fillLegend = () => body.replaceChildren(...sections(map));
    const fill = () => {
      if (!box.open) return;
      // Room for the layer control above and the credits below.
      body.style.maxHeight = `${Math.max(120, map.getSize().y - 150)}px`;
      map.portal.fillLegend();
    };
    map.on("portal:change resize", fill);
    fill();
    return box;
  };
  return control.addTo(map);
}

function sections(map) {
  const on = map.portal.layers.filter(({ group, features, tiles }) => map.hasLayer(group) && (features.length || tiles));
  const made = on.flatMap((entry) =>
    entry.options.kind === "blocks"
      ? blockSections(map, entry)
      : entry.options.kind === "points"
        ? [pointSection(map, entry)]
        : [],
  );
  if (map.portal.labels.count()) made.push(labelSection(map.portal.labels.count()));
  if (!made.length) return [element("p", { class: "na" }, _("No layer is on."))];
  return [...made, element("p", { class: "legend-hint" }, _("Each number counts the whole layer, in view or not."))];
}

/** One line: a picture, if there is one, words, how many. The picture is made of our own constants. */
function row(picture, words, count) {
  const cell = element("span");
  cell.innerHTML = picture ?? "";
  const parts = [element("span", {}, words), element("span", { class: "count" }, String(count))];
  return element("li", { class: picture ? "" : "is-plain" }, cell.firstElementChild, ...parts);
}

/** How many features have each value, in the table's order, unknown last. */
function tally(features, key, order) {
  const counts = new Map();
  for (const { properties } of features)
    counts.set(properties[key] ?? null, (counts.get(properties[key] ?? null) ?? 0) + 1);
  const place = (value) => (value === null ? Infinity : order.includes(value) ? order.indexOf(value) : order.length);
  return [...counts].sort(([a], [b]) => place(a) - place(b));
}

/** The blocks' theme as one chooses it, its lines, and what their outlines mean. */
function blockSections(map, entry) {
  const { options, features } = entry;
  const { words } = map.portal;
  const theme = map.portal.theme ?? "status";
  const counts = new Map();
  for (const { properties } of features) {
    const name = themeClass(theme, properties);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  // Where blocks are drawn from tiles, the filters' own counts tell how many there are.
  const isTiled = entry.tiles && !features.length;
  const lines = themeLines(theme, words).flatMap((line) => {
    const count = isTiled ? countOfFilter(theme, line) : (counts.get(line.class) ?? 0);
    return count || isPressed(theme, line) ? [themeRow(theme, line, count)] : [];
  });
  const outlines = tally(features, "boundary_kind", Object.keys(words.boundary)).map(([kind, count]) =>
    row(lineSample(kind), kind === "indicative" ? _("≈ indicative area") : _("published"), count),
  );
  return [
    element("p", { class: "legend-title" }, options.label),
    themeChoice(map, theme),
    element("ul", { class: `by-${theme}` }, ...lines),
    ...(outlines.length
      ? [element("p", { class: "legend-title" }, _("Boundary")), element("ul", {}, ...outlines)]
      : []),
  ];
}

const lineSample = (kind) =>
  '<svg class="legend-line" viewBox="0 0 22 16" aria-hidden="true">' +
  `<path class="shape boundary-${kind}" d="M1 8h20"/></svg>`;

/** What the colours tell. */
function themeChoice(map, theme) {
  const choices = THEMES.map((value) => {
    const option = element("option", { value }, THEME_WORDS[value]);
    option.selected = value === theme;
    return option;
  });
  const select = element("select", { class: "theme-select" }, ...choices);
  select.addEventListener("change", () => {
    setTheme(map, select.value);
    /** @type {HTMLElement | null} */ (map.getContainer().querySelector(".theme-select"))?.focus();
  });
  return element("label", { class: "legend-choice" }, _("Colour by"), select);
}

/** A line of the theme: where the page has filters, it is one of them. */
function themeRow(theme, line, count) {
  const picture = swatch(line.class);
  if (!fieldsOf(theme, line)) return row(picture, line.words, count ?? "");
  const button = element("button", { type: "button", class: "legend-filter", "aria-pressed": String(isPressed(theme, line)) });
  button.innerHTML = picture; // made of our own constants
  button.append(element("span", {}, line.words), element("span", { class: "count" }, count == null ? "" : String(count)));
  button.title = isPressed(theme, line) ? _("Show the others too") : _("Show only these");
  button.addEventListener("click", () => press(theme, line));
  return element("li", { class: "is-filter" }, button);
}

/** The page's fields that ask for what a line stands for: a box to tick, or two numbers. */
function fieldsOf(theme, line) {
  const field = (id) => /** @type {HTMLInputElement | null} */ (document.getElementById(id));
  if (line.value) {
    const box = field(`f-${theme}-${line.value}`);
    return box && { box };
  }
  const unit = theme === "area" ? "ha" : "percent";
  const least = field(`f-${theme}_min_${unit}`);
  const most = field(`f-${theme}_max_${unit}`);
  return line.bounds && least && most ? { least, most } : null;
}

function isPressed(theme, line) {
  const fields = fieldsOf(theme, line);
  if (fields?.box) return fields.box.checked;
  return Boolean(
    fields && line.bounds.some(Boolean) && fields.least?.value === line.bounds[0] && fields.most?.value === line.bounds[1],
  );
}

function press(theme, line) {
  const fields = fieldsOf(theme, line);
  if (!fields) return;
  const pressed = isPressed(theme, line);
  if (fields.box) {
    fields.box.checked = !pressed;
    fields.box.dispatchEvent(new Event("change", { bubbles: true }));
    return;
  }
  fields.least.value = pressed ? "" : line.bounds[0];
  fields.most.value = pressed ? "" : line.bounds[1];
  fields.most.dispatchEvent(new Event("change", { bubbles: true }));
}

/** How many the filter beside the map counts; null where it does not say. */
function countOfFilter(theme, line) {
  const box = fieldsOf(theme, line)?.box;
  const text = box?.closest("label")?.querySelector(".count")?.textContent;
  return text == null ? null : Number(text.replaceAll(",", ""));
}

/** Points that are drawn as symbols; those that are labels have a line of their own. */
function pointSection(map, { options, features }) {
  const { words } = map.portal;
  const sites = features.filter(({ properties }) => !words.imprecise.includes(properties.position_accuracy));
  const rows = tally(sites, "status", Object.keys(words.fill)).map(([status, count]) => {
    const hasStatus = sites.some(({ properties }) => "status" in properties);
    const fill = fillOf(words, hasStatus ? { status } : {});
    return row(
      symbol(options.icon, fill, status),
      hasStatus ? (statusWords(words, status) ?? _("Status not published")) : slugWords(options.one),
      count,
    );
  });
  return element("div", {}, element("p", { class: "legend-title" }, options.label), element("ul", {}, ...rows));
}

function labelSection(count) {
  const line = row(
    '<span class="legend-chip">≈</span>',
    _("label: known to the district, state or region only, no site"),
    count,
  );
  return element("div", {}, element("p", { class: "legend-title" }, _("Not sites")), element("ul", {}, line));
}
