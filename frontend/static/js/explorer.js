// The explorer: filters, map and table of one page, kept in step with its address.

import { linkRows } from "./explorer/rows.js";
import { followFilters } from "./explorer/filters.js";
import { keepAddress } from "./explorer/address.js";
import { offerFiles } from "./explorer/files.js";
import { addSliders } from "./explorer/sliders.js";
import { addSnippets } from "./explorer/snippets.js";
import { closeMenus } from "./explorer/menus.js";
import { addDrawing } from "./explorer/drawing.js";
import { addSwipe } from "./explorer/swipe.js";
import { addPrint, offerPrint } from "./explorer/print.js";
import { suggest } from "./explorer/suggest.js";

const htmx = window.htmx;
if (htmx) {
  htmx.config.includeIndicatorStyles = false;
  htmx.config.allowEval = false;
  // Going back asks the server again: a picture of the page would be one of a map that is not there any more.
  htmx.config.historyCacheSize = 0;
  htmx.config.refreshOnHistoryMiss = true;
  htmx.config.scrollBehavior = "auto";
}

suggest();
closeMenus();
offerFiles();
addSliders();
addSnippets();

document.addEventListener("portal:map", (event) => {
  const map = /** @type {CustomEvent} */ (event).detail;
  keepAddress(map);
  followFilters(map);
  linkRows(map);
  void addDrawing(map);
  addSwipe(map);
  addPrint(map);
});

document.addEventListener("htmx:afterSettle", () => {
  addSliders();
  addSnippets();
  offerPrint();
});
