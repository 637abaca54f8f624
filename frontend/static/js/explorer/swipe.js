// Swipe: two themes or two days on one map, left and right of a divider. A button opens the form that asks for them.

import { _ } from "../say.js";
import { element } from "../popups.js";
import { THEMES, THEME_WORDS } from "../themes.js";
import { createPanel } from "../tools/panel.js";
import { writeView } from "./address.js";

const DAY = "day";
const FIRST = ["status", "stage"];
const PICTURE = "M10 2v16 M3 5h4.5v10H3z M12.5 5H17v10h-4.5z";
const SVG = "http://www.w3.org/2000/svg";

/** @param {any} map */
export function addSwipe(map) {
  const container = map.getContainer();
  const panel = createPanel(map, () => close());
  panel.box.classList.add("swipe-panel");
  const button = element("button", { type: "button", class: "swipe-button", "aria-expanded": "false", title: _("Swipe between two themes or days") }, picture(), element("span", {}, _("Swipe")));
  addControl(map, button);
  /** @type {[string, string] | null} */
  let now = null;
  /** @type {{remove: () => void, focus: () => void} | null} */
  let halves = null;
  let turn = 0;

  /** @param {[string, string] | null} asked @param {boolean} [withFocus] */
  async function set(asked, withFocus = false) {
    const mine = (turn += 1);
    now = asked;
    writeView({ swipe: asked && asked.join(",") });
    button.classList.toggle("is-on", Boolean(asked));
    halves?.remove();
    halves = null;
    if (!asked) return;
    const module = await import("./halves.js").catch(() => null);
    if (mine !== turn) return;
    if (!module) {
      open();
      panel.refuse(_("Swipe could not be fetched. Check the connection and try again."));
      return;
    }
    halves = module.showHalves(map, asked);
    panel.speak(_("Swipe on: %(asked)s left, %(asked2)s right. The arrow keys move the divider.", { asked: module.sideWords(asked[0]), asked2: module.sideWords(asked[1]) }));
    if (withFocus) halves.focus();
  }

  async function open() {
    closeOther(container);
    button.setAttribute("aria-expanded", "true");
    const [left, right] = now ?? FIRST;
    const fields = { left: sideField(_("Left side"), left), right: sideField(_("Right side"), right) };
    const off = element("button", { type: "button" }, _("Swipe off"));
    off.hidden = !now;
    off.addEventListener("click", () => {
      void set(null);
      panel.speak(_("Swipe off."));
      close();
    });
    const form = element(
      "form",
      { class: "tool-form", novalidate: "", autocomplete: "off" },
      ...fields.left.parts,
      ...fields.right.parts,
      element("div", { class: "tool-actions" }, element("button", { type: "submit" }, _("Show both")), off),
    );
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      panel.refuse("");
      const refusal = (await refusalNow(map)) || fields.left.refusal() || fields.right.refusal();
      if (refusal) return panel.refuse(refusal);
      const asked = /** @type {[string, string]} */ ([fields.left.value(), fields.right.value()]);
      if (asked[0] === asked[1]) return panel.refuse(_("Both sides are the same: choose another for one of them."));
      close(false);
      void set(asked, true);
    });
    panel.open(_("Swipe"), form);
    panel.say(_("Two views of the same blocks, with a divider between them. A day shows where each block stood then."));
    panel.refuse(await refusalNow(map));
    fields.left.parts[0].querySelector("select")?.focus();
  }

  function close(returns = true) {
    const hadFocus = panel.box.contains(document.activeElement) || document.activeElement === document.body;
    panel.close();
    button.setAttribute("aria-expanded", "false");
    if (returns && hadFocus) button.focus();
  }

  button.addEventListener("click", () => (panel.box.hidden ? void open() : close()));
  container.addEventListener("keydown", ({ key }) => {
    if (key === "Escape" && !panel.box.hidden) close();
  });
  // One box at a time: a tool that is taken in hand closes this one.
  container.addEventListener("click", ({ target }) => {
    if (/** @type {Element} */ (target).closest?.("[data-tool]") && !panel.box.hidden) close(false);
  });
  if (map.portal.options.swipe) void set(map.portal.options.swipe);
}

/** @param {any} map */
async function refusalNow(map) {
  const module = await import("./halves.js").catch(() => null);
  return module ? module.tooMany(map) : "";
}

/** The box of another tool, if one is open. @param {HTMLElement} container */
function closeOther(container) {
  const other = /** @type {HTMLElement | null} */ (container.querySelector(".tool-panel:not([hidden]) .tool-close"));
  other?.click();
}

/** @param {any} map @param {HTMLElement} button */
function addControl(map, button) {
  const box = element("div", { class: "leaflet-bar swipe-bar" }, button);
  const control = L.control({ position: "topleft" });
  control.onAdd = () => {
    L.DomEvent.disableClickPropagation(box);
    return box;
  };
  control.addTo(map);
}

function picture() {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of [["viewBox", "0 0 20 20"], ["aria-hidden", "true"]]) svg.setAttribute(key, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PICTURE);
  svg.append(path);
  return svg;
}

let made = 0;

/** A choice of theme or day; the day's own field is there when one is asked for. @param {string} words @param {string} value */
function sideField(words, value) {
  const isTheme = THEMES.includes(value);
  const id = `swipe-field-${(made += 1)}`;
  const options = [...THEMES.map((theme) => element("option", { value: theme }, _("by %(theme)s", { theme: THEME_WORDS[theme] }))), element("option", { value: DAY }, _("as on a day"))];
  const select = element("select", { id }, ...options);
  select.value = isTheme ? value : DAY;
  const day = element("input", { type: "date", id: `${id}-day` });
  day.value = isTheme ? "" : value;
  const dayBox = element("div", { class: "tool-field" }, element("label", { for: day.id }, _("Day, %(words)s", { words: words.toLowerCase() })), day);
  dayBox.hidden = isTheme;
  select.addEventListener("change", () => {
    dayBox.hidden = select.value !== DAY;
  });
  const parts = [element("div", { class: "tool-field" }, element("label", { for: id }, words), select), dayBox];
  return {
    parts,
    value: () => (select.value === DAY ? day.value : select.value),
    refusal: () => (select.value === DAY && !/^\d{4}-\d\d-\d\d$/.test(day.value) ? _("%(words)s: choose a day.", { words }) : ""),
  };
}
