// What the page's scripts find in place beside the browser's own: Leaflet as the global `L`, other libraries, and what
// the scripts themselves hang on them.

import "leaflet";

declare module "leaflet" {
  /** Leaflet makes a bare control so; its types forget it. */
  function control(options?: ControlOptions): Control;

  interface Map {
    /** What the layers of a map share: made in map.js. */
    portal: any;
  }
}

declare global {
  /** English text → translation, of a page in another language. */
  var khanijWords: Record<string, string | string[]> | undefined;

  interface Window {
    /** The maps of the page; `ready` holds when all layers that are on have settled. */
    portalMaps?: { ready: Promise<void>; map: import("leaflet").Map; layers: any[] }[];
    /** Libraries that are there before any module runs, on the pages that use them. */
    htmx: any;
    protomapsL: any;
  }
}
