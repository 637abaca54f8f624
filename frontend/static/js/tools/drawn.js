// The reader's shape on the map, with the strip round it that the buffer adds.

import { paneOf } from "./marks.js";
import { boundsOf, positionsOf } from "./shapes.js";

const EARTH_M = 40075017;
const TILE_PX = 256;
const KM_PER_DEGREE = 111;
const CLOSEST = 15;

/** @param {any} map */
export function createDrawn(map) {
  const group = L.layerGroup().addTo(map);
  /** @type {{geometry: any, bufferKm: number} | null} */
  let now = null;
  const draw = () => {
    group.clearLayers();
    if (!now) return;
    const { geometry, bufferKm } = now;
    if (bufferKm > 0) drawLayer(map, geometry, "tool-halo", (2 * bufferKm * 1000) / metresPerPixel(map, geometry)).addTo(group);
    drawLayer(map, geometry, "tool-shape", 3).addTo(group);
  };
  map.on("zoomend", () => now?.bufferKm && draw());
  return {
    /** @param {any} geometry null: nothing @param {number} bufferKm */
    show: (geometry, bufferKm) => {
      now = geometry && { geometry, bufferKm };
      draw();
    },
    /** @param {boolean} still without a movement @param {object} room what is to be left free */
    fit: (still, room) => {
      if (!now) return;
      const [west, south, east, north] = boundsOf(positionsOf(now.geometry));
      const up = now.bufferKm / KM_PER_DEGREE;
      const aside = up / Math.max(0.1, Math.cos((Math.max(Math.abs(south), Math.abs(north)) * Math.PI) / 180));
      const bounds = L.latLngBounds([south - up, west - aside], [north + up, east + aside]);
      map.fitBounds(bounds, { animate: !still, maxZoom: CLOSEST, ...room });
    },
  };
}

/** The strip is a broad line: as wide on the screen as the buffer is on the ground, in the middle of the shape. */
function drawLayer(map, geometry, className, weight) {
  /** @type {import("leaflet").CircleMarkerOptions & import("leaflet").PolylineOptions} */
  const style = { pane: paneOf(map), interactive: false, className, weight, lineJoin: "round", lineCap: "round", smoothFactor: 0 };
  return L.geoJSON(geometry, {
    style: () => style,
    pointToLayer: (_feature, latlng) => L.circleMarker(latlng, { ...style, radius: 4 }),
  });
}

function metresPerPixel(map, geometry) {
  const [, south, , north] = boundsOf(positionsOf(geometry));
  const across = Math.cos((((south + north) / 2) * Math.PI) / 180);
  return (EARTH_M * across) / (TILE_PX * 2 ** map.getZoom());
}
