// Two thumbs under a histogram, which move the two fields beside them; the fields are what is asked for.

import { _ } from "../say.js";

/** Add the thumbs to each range that has none yet. */
export function addSliders() {
  for (const box of document.querySelectorAll("fieldset.range[data-edges]:not(.has-slider)")) {
    addSlider(/** @type {HTMLElement} */ (box));
  }
}

/** @param {HTMLElement} box */
function addSlider(box) {
  const bars = box.querySelector(".bars");
  const fields = /** @type {HTMLInputElement[]} */ ([...box.querySelectorAll(".range-fields input")]);
  // Each bar begins at an edge; the first at nothing, so that the thumbs stand between bars.
  const edges = (box.dataset.edges ?? "").split(",");
  if (!bars || fields.length !== 2 || edges.length < 2) return;
  box.classList.add("has-slider");
  const last = edges.length;
  const title = box.querySelector("legend")?.textContent ?? "";
  const slider = document.createElement("div");
  slider.className = "range-slider";
  const thumbs = ["from", _("up to")].map((word, place) => {
    const thumb = document.createElement("input");
    thumb.type = "range";
    thumb.min = "0";
    thumb.max = String(last);
    thumb.step = "1";
    thumb.setAttribute("aria-label", `${title} ${word}`);
    thumb.value = String(placeOf(fields[place].value, edges, place ? last : 0));
    slider.append(thumb);
    return thumb;
  });
  const say = () => {
    thumbs.forEach((thumb, place) => thumb.setAttribute("aria-valuetext", fields[place].value || (place ? _("no limit") : "0")));
  };
  thumbs.forEach((thumb, place) => {
    thumb.addEventListener("input", () => {
      const [least, most] = thumbs.map(({ value }) => Number(value));
      if (least > most) thumb.value = String(place ? least : most);
      const at = Number(thumb.value);
      fields[place].value = place ? (at === last ? "" : edges[at]) : at === 0 ? "" : (edges[at] ?? edges[last - 1]);
      say();
    });
  });
  say();
  bars.after(slider);
}

/** @param {string} value @param {string[]} edges @param {number} otherwise */
function placeOf(value, edges, otherwise) {
  if (value === "") return otherwise;
  const found = edges.findIndex((edge) => edge !== "" && Number(edge) >= Number(value));
  return found < 0 ? edges.length - 1 : found;
}
