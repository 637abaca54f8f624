// The legend: read off the layers that are on, by the same tables that draw them.

import { element } from "./popups.js";
import { swatch, symbol } from "./symbols.js";
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
    const box = element("details", { class: "map-legend" }, element("summary", {}, "Legend"));
    const body = box.appendChild(element("div", { class: "legend-body", tabindex: "0", role: "group", "aria-label": "Legend" }));
    box.open = legendIsOpenAtFirst(map);
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    // Where there is no room for both, a popup and the legend take turns.
    box.addEventListener("toggle", () => box.open && isNarrow(map) && map.closePopup());
    map.on("popupopen", () => isNarrow(map) && (box.open = false));
    const fill = () => {
      // Room for the layer control above and the credits below.
      body.style.maxHeight = `${Math.max(120, map.getSize().y - 150)}px`;
      body.replaceChildren(...sections(map));
    };
    map.on("portal:change resize", fill);
    fill();
    return box;
  };
  return control.addTo(map);
}

function sections(map) {
  const on = map.portal.layers.filter(({ group, features }) => map.hasLayer(group) && features.length);
  const made = on.flatMap((entry) =>
    entry.options.kind === "blocks"
      ? blockSections(map, entry)
      : entry.options.kind === "points"
        ? [pointSection(map, entry)]
        : [],
  );
  if (map.portal.labels.count()) made.push(labelSection(map.portal.labels.count()));
  if (!made.length) return [element("p", { class: "na" }, "No layer is on.")];
  return [...made, element("p", { class: "legend-hint" }, "Each number counts the whole layer, in view or not.")];
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

function blockSections(map, { options, features }) {
  const { words } = map.portal;
  const byStage = map.getContainer().classList.contains("by-stage");
  const statuses = tally(features, "status", Object.keys(words.status)).map(([status, count]) =>
    row(byStage ? null : swatch(`status-${status}`), statusWords(words, status) ?? words.notPublished, count),
  );
  const stages = tally(features, "stage", Object.keys(words.stage)).map(([stage, count]) =>
    row(
      byStage ? swatch(`stage-${stage ?? "unknown"}`) : null,
      words.stage[stage] ?? slugWords(words.notPublished),
      count,
    ),
  );
  const lines = tally(features, "boundary_kind", Object.keys(words.boundary)).map(([kind, count]) =>
    row(lineSample(kind), kind === "indicative" ? "≈ indicative area" : "published", count),
  );
  return [
    element("p", { class: "legend-title" }, options.label),
    colourChoice(map, byStage),
    element("ul", { class: "by-status" }, ...statuses),
    element("p", { class: "legend-title" }, "Exploration stage"),
    element("ul", { class: "by-stage" }, ...stages),
    element("p", { class: "legend-title" }, "Boundary"),
    element("ul", {}, ...lines),
  ];
}

const lineSample = (kind) =>
  '<svg class="legend-line" viewBox="0 0 22 16" aria-hidden="true">' +
  `<path class="shape boundary-${kind}" d="M1 8h20"/></svg>`;

/** Which of the two the colours tell. */
function colourChoice(map, byStage) {
  const choice = (value, words, checked) => {
    const input = element("input", { type: "radio", name: `${map.getContainer().id}-colour`, value });
    input.checked = checked;
    input.addEventListener("change", () => {
      map.getContainer().classList.toggle("by-stage", value === "stage");
      map.getContainer().classList.toggle("by-status", value === "status");
      map.fire("portal:change");
      map.getContainer().querySelector(`.legend-choice input[value="${value}"]`)?.focus();
    });
    return element("label", {}, input, words);
  };
  return element(
    "fieldset",
    { class: "legend-choice" },
    element("legend", {}, "Colour by"),
    choice("status", "status", !byStage),
    choice("stage", "stage", byStage),
  );
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
      hasStatus ? (statusWords(words, status) ?? "Status not published") : slugWords(options.one),
      count,
    );
  });
  return element("div", {}, element("p", { class: "legend-title" }, options.label), element("ul", {}, ...rows));
}

function labelSection(count) {
  const line = row(
    '<span class="legend-chip">≈</span>',
    "label: known to the district, state or region only, no site",
    count,
  );
  return element("div", {}, element("p", { class: "legend-title" }, "Not sites"), element("ul", {}, line));
}
