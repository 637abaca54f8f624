// Draws the charts: each specification stands in the page as JSON, beside the table that says the same. Expressions are
// interpreted, never compiled, so that the page needs no leave to make code of text.

import { _ } from "./say.js";
import { expressionInterpreter } from "vega-interpreter";
import { Error as ONLY_ERRORS, View, logger, parse } from "vega";
import { compile } from "vega-lite";

/** @type {Map<HTMLElement, any>} */
const drawn = new Map();

/** The value of a token such as --accent, as the theme has it. */
const token = (/** @type {string} */ name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The specification with its tokens as colours. */
const coloured = (/** @type {string} */ text) => text.replace(/var\((--[a-z0-9-]+)\)/g, (_, name) => token(name));

/**
 * The look of all charts, from the page's own colours and letters.
 * @param {number} width of the chart, pixels
 * @returns {any}
 */
function look(width) {
  const [ink, quiet, line] = ["--ink", "--quiet", "--line"].map(token);
  const font = getComputedStyle(document.body).fontFamily;
  const words = { labelColor: ink, titleColor: quiet, labelFont: font, titleFont: font, labelFontSize: 13, titleFontSize: 13 };
  return {
    background: "transparent",
    font,
    view: { stroke: null },
    axis: { ...words, titleFontWeight: 400, gridColor: line, domainColor: line, tickColor: line },
    axisX: { tickCount: Math.max(3, Math.round(width / 90)), labelOverlap: "greedy", labelSeparation: 12 },
    axisY: { labelLimit: Math.max(110, width * 0.4) },
    legend: { ...words, columns: width < 560 ? 1 : 4, symbolStrokeColor: ink },
  };
}

/** @param {HTMLElement} place */
async function draw(place) {
  const text = place.querySelector("script")?.textContent ?? "";
  const box = /** @type {HTMLElement} */ (place.querySelector(".chart-box"));
  try {
    const spec = JSON.parse(coloured(text));
    // Vega-Lite warns of every chart with lines of a fixed height that its height is fixed.
    const { spec: full } = compile(spec, { config: look(box.clientWidth), logger: logger(ONLY_ERRORS) });
    const runtime = parse(full, undefined, { ast: true });
    drawn.get(place)?.finalize();
    box.replaceChildren();
    const view = new View(runtime, { renderer: "svg", container: box, hover: true, expr: expressionInterpreter });
    drawn.set(place, view);
    await view.runAsync();
    // Its words are for the eye; the table after it is the same for everybody.
    const drawing = box.querySelector("svg");
    drawing?.setAttribute("aria-hidden", "true");
    for (const link of box.querySelectorAll("svg a")) link.setAttribute("tabindex", "-1");
  } catch (error) {
    box.textContent = _("The chart could not be drawn; the table says the same.");
    box.classList.add("chart-failed");
    console.error(error);
  }
}

const places = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".chart"));
const seen = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      void draw(/** @type {HTMLElement} */ (target));
    }
  },
  { rootMargin: "400px" },
);
places.forEach((place) => seen.observe(place));

const again = () => drawn.forEach((_, place) => void draw(place));
new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
