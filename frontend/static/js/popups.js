// What a click tells: built as elements, so that nothing in the data can be taken for markup.

import { _ } from "./say.js";
import { swatch } from "./symbols.js";
import { areaWords, dateWords, numberWords, slugWords, statusWords } from "./words.js";

// How much of the map's left side the zoom and full-screen buttons take.
const CONTROLS_PX = 52;

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string | null | undefined)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  for (const child of children) if (child != null && child !== "") made.append(child);
  return made;
}

/**
 * Bind name and popup to a shape or marker; the popup keeps clear of the controls and of the map's edges.
 * @param {any} map
 * @param {any} drawn
 * @param {string} name
 * @param {() => HTMLElement} content
 * @param {object} [tooltip] Leaflet's options
 */
export function bindWords(map, drawn, name, content, tooltip = { sticky: true, direction: "top", offset: [0, -10] }) {
  drawn.bindTooltip(name, tooltip);
  drawn.bindPopup(content, {
    minWidth: 220,
    maxWidth: Math.min(320, map.getSize().x - CONTROLS_PX - 56),
    maxHeight: Math.max(200, map.getSize().y - 140),
    autoPanPaddingTopLeft: [CONTROLS_PX, 56],
    autoPanPaddingBottomRight: [8, 24],
  });
  // A tap opens both; the popup says it all.
  drawn.on("popupopen", () => drawn.closeTooltip());
}

/** @param {any} feature @param {{page: string | null}} options */
function nameOf(feature, options) {
  const name = feature.properties.name ?? feature.id;
  if (!options.page) return name;
  return element("a", { href: options.page.replace("{id}", encodeURIComponent(feature.id)) }, name);
}

/** Terms and facts; what is null is said to be unpublished. */
function facts(words, rows) {
  const cells = rows.flatMap(([term, value]) => [
    element("dt", {}, term),
    value == null || value === "" ? element("dd", { class: "na" }, words.notPublished) : element("dd", {}, value),
  ]);
  return element("dl", {}, ...cells);
}

/** Only rows of which something is known: for what few records have. */
const known = (rows) => rows.filter(([, value]) => value != null && value !== "");

const list = (slugs) => (slugs?.length ? slugs.map(slugWords).join(", ") : null);

/** Status word with the map's own swatch and its date. */
function statusLine(words, { status, status_since: since }) {
  const chip = element("span", { class: "chip by-status" });
  if (!status) return element("p", { class: "na" }, _("Status %(not_published)s", { not_published: words.notPublished }));
  chip.innerHTML = swatch(`status-${status}`);
  chip.append(element("strong", {}, statusWords(words, status)));
  if (!since) return element("p", {}, chip, _(", date not published"));
  const when = status === "offered" ? _(" %(since)s; no outcome found", { since: dateWords(since) }) : _(", as at %(since)s", { since: dateWords(since) });
  return element("p", {}, chip, when);
}

/**
 * @param {Record<string, any>} words
 * @param {any} feature
 * @param {{page: string | null}} options
 * @param {any[]} others blocks whose dots lie under the same pointer
 */
export function blockPopup(words, feature, options, others) {
  const { properties } = feature;
  const indicative = properties.boundary_kind === "indicative";
  const rows = [
    [_("Stage"), words.stage[properties.stage]],
    [_("Minerals"), list(properties.minerals)],
    [_("Area declared"), areaWords(properties.area_ha)],
    [_("Boundary"), boundaryWords(properties)],
    [_("Concession"), words.concession[properties.concession] ?? properties.concession],
    [_("Kind"), words.assetClass[properties.asset_class] ?? slugWords(properties.asset_class)],
    ...known([[_("Latest tranche"), properties.latest_tranche]]),
    [_("Place"), [properties.district, properties.state && _(properties.state)].filter(Boolean).join(", ")],
  ];
  const box = element(
    "article",
    { class: "popup" },
    element("p", { class: "popup-title" }, nameOf(feature, options)),
    statusLine(words, properties),
    facts(words, rows),
  );
  if (indicative && properties.position_accuracy !== "surveyed") {
    box.append(element("p", { class: "uncertain" }, _("≈ approximate: the block lies somewhere within this area")));
  }
  if (others.length) box.append(alsoHere(others, options));
  return box;
}

/** Two boundaries are published but not taken over: a circle round their centroid stands for them. */
function boundaryWords({ boundary_kind: kind, position_accuracy: accuracy }) {
  if (kind !== "indicative") return _("published");
  return accuracy === "surveyed" ? _("published, not taken over here: the circle is 1 km wider than the declared area") : _("≈ indicative");
}

function alsoHere(others, options) {
  const items = others.map((feature) => element("li", {}, nameOf(feature, options)));
  return element("div", {}, element("h4", {}, _("Also here")), element("ul", {}, ...items));
}

/** What each collection tells beside name, status, minerals and place. */
const ROWS = {
  "processing-units": (p) => [
    [_("Kind"), slugWords(p.kind)],
    [_("Operator"), p.operator],
    [_("Products"), p.products?.join(", ")],
    [_("Capacity"), capacityWords(p.capacity)],
    ...known([
      [_("Announced"), p.announced_year],
      [_("Commissioned"), p.commissioned_year],
      [_("Expected"), p.expected_year],
    ]),
  ],
  "exploration-projects": (p) => [
    [_("Agency"), p.agency],
    [_("Stage"), p.stage],
    [_("Season"), p.season],
    ...known([
      [_("Area"), p.area_km2 == null ? null : _("%(number)s km²", { number: numberWords(p.area_km2) })],
      [_("Drilled"), p.drilled_m == null ? null : _("%(number)s m", { number: numberWords(p.drilled_m) })],
      [_("Boreholes"), numberWords(p.boreholes)],
      [_("As at"), dateWords(p.as_of)],
    ]),
  ],
  ports: (p) => [
    [_("Class"), slugWords(p.port_class)],
    [_("Operator"), p.operator],
    [_("Capacity"), p.capacity_mt_per_year == null ? null : _("%(number)s Mt a year", { number: numberWords(p.capacity_mt_per_year) })],
    ...known([
      ["UN/LOCODE", p.unlocode],
      [_("Expected"), p.expected],
    ]),
  ],
  "centres-of-excellence": (p) => [
    [_("Host"), p.host],
    [_("Role"), slugWords(p.role)],
    [_("Recognised"), dateWords(p.recognised_on)],
    [_("City"), p.city],
  ],
  occurrences: (p) => [
    [_("Agency"), p.agency],
    [_("Resource"), p.resource_text],
  ],
  "coal-mine-closures": (p) => [
    [_("Operator"), p.operator],
    [_("Mine"), slugWords(p.mine_kind)],
    [_("Year"), p.year ?? p.period],
  ],
  "global-assets": (p) => [
    [_("Kind"), slugWords(p.kind)],
    [_("Operator"), p.operator],
    [_("Country"), p.country_name],
    ...known([
      [_("Indian interest"), p.indian_interest],
      [_("Figure"), p.figure],
    ]),
    [_("Status as at"), dateWords(p.as_of) ?? _("unverified")],
  ],
};

/** @param {{value: any, unit: string, of: string, basis: string}[] | null} capacity */
function capacityWords(capacity) {
  if (!capacity?.length) return null;
  const line = ({ value, unit, of: what, basis }) => {
    const amount = typeof value === "number" ? numberWords(value) : value;
    const amountWords = [amount, unit].filter(Boolean).join(" ");
    const told = basis && basis !== "nameplate" && !what?.includes(basis) ? ` (${basis})` : "";
    return `${[amountWords, what].filter(Boolean).join(": ")}${told}`;
  };
  return element("span", {}, ...capacity.flatMap((one, i) => (i ? [element("br"), line(one)] : [line(one)])));
}

/**
 * @param {Record<string, any>} words
 * @param {any} feature
 * @param {any} options of its layer
 */
export function pointPopup(words, feature, options) {
  const { properties } = feature;
  const status = "status" in properties ? (statusWords(words, properties.status) ?? words.notPublished) : null;
  return element(
    "article",
    { class: "popup" },
    element("p", { class: "popup-title" }, nameOf(feature, options)),
    element(
      "p",
      {},
      slugWords(options.one),
      status ? ": " : null,
      status ? element("strong", {}, status) : null,
      status && options.collection === "processing-units" ? _(", as last read; its page gives the date") : null,
    ),
    facts(words, [
      ...(ROWS[options.collection]?.(properties) ?? []),
      ...("minerals" in properties ? [[_("Minerals"), mineralWords(properties)]] : []),
      ...known([[_("Place"), [properties.locality, properties.district, properties.state && _(properties.state)].filter(Boolean).join(", ")]]),
      [_("Position"), words.position[properties.position_accuracy]],
    ]),
  );
}

/** A mineral that is only hoped for is said to be so. */
function mineralWords({ minerals, note }) {
  const words = list(minerals);
  return words && note?.includes("potential only") ? _("%(minerals)s (potential)", { minerals: words }) : words;
}

/**
 * The list behind a label, by district or state.
 * @param {Record<string, any>} words
 * @param {string} title
 * @param {{entry: any, feature: any}[]} items
 */
export function labelPopup(words, title, items) {
  if (items.length === 1) return pointPopup(words, items[0].feature, items[0].entry.options);
  const box = element("article", { class: "popup" }, element("p", { class: "popup-title" }, title));
  const places = new Map();
  for (const item of items) {
    const { district, region, state } = item.feature.properties;
    const place = [district ?? region, state && _(state)].filter(Boolean).join(", ") || _("Place not published");
    places.set(place, [...(places.get(place) ?? []), item]);
  }
  for (const [place, some] of places) {
    const rows = some.map(({ entry, feature }) => {
      const status = statusWords(words, feature.properties.status);
      return element(
        "li",
        {},
        nameOf(feature, entry.options),
        `, ${entry.options.one}${status ? `: ${status.toLowerCase()}` : ""}`,
      );
    });
    box.append(element("h4", {}, place), element("ul", {}, ...rows));
  }
  box.append(element("p", { class: "uncertain" }, _("≈ these are labels, not sites: no nearer place is published")));
  return box;
}
