// Stars: a button beside a block's name that takes it into the shortlist, and out again.

import { _ } from "../say.js";

const SVG = "http://www.w3.org/2000/svg";
const OUTLINE = "M12 2.6l2.9 5.9 6.5.9-4.7 4.6 1.1 6.5-5.8-3.1-5.8 3.1 1.1-6.5L2.6 9.4l6.5-.9z";

/**
 * The button as a toggle: an outline while the block is out, filled while it is in.
 * @param {HTMLElement} button
 * @param {boolean} isIn
 */
export function dressStar(button, isIn) {
  const name = button.dataset.name || button.dataset.star;
  if (!button.querySelector("svg")) fill(button);
  button.classList.add("star");
  button.setAttribute("aria-pressed", String(isIn));
  const label = isIn ? _("Remove %(name)s from the shortlist", { name }) : _("Add %(name)s to the shortlist", { name });
  button.setAttribute("aria-label", label);
  button.title = label;
  button.hidden = false;
}

/** @param {HTMLElement} button */
function fill(button) {
  button.replaceChildren(drawStar());
  if (button.dataset.words !== undefined) button.append(_("Shortlist"));
}

/** Drawn, not written: not every font has the sign. */
export function drawStar() {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", OUTLINE);
  picture.append(path);
  return picture;
}
