// Meridians and parallels with their degrees at the map's edges. Only to look at.

import { _ } from "../say.js";

const PANE = "graticule";
// Over the states (350, 360) and under the blocks.
const HEIGHT = "370";
const STEPS = [30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];
const LEAST_PX = 90;
const MOST_LAT = 85;

/**
 * @param {any} map
 * @returns {{toggle: () => boolean}} tells whether it is on now
 */
export function createGraticule(map) {
  map.createPane(PANE).style.cssText += `z-index: ${HEIGHT}; pointer-events: none`;
  map.getPane(PANE).setAttribute("aria-hidden", "true");
  const lines = L.polyline([], { pane: PANE, interactive: false, className: "graticule-line", noClip: true });
  const labels = document.createElement("div");
  labels.className = "graticule-labels";
  labels.setAttribute("aria-hidden", "true");
  const draw = () => drawAll(map, lines, labels);
  let isOn = false;
  return {
    toggle: () => {
      isOn = !isOn;
      map[isOn ? "on" : "off"]("moveend zoomend resize", draw);
      map[isOn ? "on" : "off"]("move", draw);
      if (isOn) {
        lines.addTo(map);
        map.getContainer().append(labels);
        draw();
      } else {
        lines.remove();
        labels.remove();
      }
      return isOn;
    },
  };
}

function drawAll(map, lines, labels) {
  const bounds = map.getBounds();
  const [south, north] = [Math.max(-MOST_LAT, bounds.getSouth()), Math.min(MOST_LAT, bounds.getNorth())];
  const [west, east] = [bounds.getWest(), bounds.getEast()];
  const step = stepFor(map);
  const [lons, lats] = [multiples(west, east, step), multiples(south, north, step)];
  lines.setLatLngs([
    ...lons.map((lon) => [[south, lon], [north, lon]]),
    ...lats.map((lat) => [[lat, west], [lat, east]]),
  ]);
  const middle = map.getCenter();
  labels.replaceChildren(
    ...lons.map((lon) => label("is-lon", "left", map.latLngToContainerPoint([middle.lat, lon]).x, words(wrapped(lon), step, "EW"))),
    ...lats.map((lat) => label("is-lat", "top", map.latLngToContainerPoint([lat, middle.lng]).y, words(lat, step, "NS"))),
  );
}

/** The finest step whose meridians still leave room for their labels. */
function stepFor(map) {
  const pxPerDegree = (256 * 2 ** map.getZoom()) / 360;
  return STEPS.findLast((step) => step * pxPerDegree >= LEAST_PX) ?? STEPS[0];
}

function multiples(from, to, step) {
  const first = Math.ceil(from / step);
  const count = Math.max(0, Math.floor(to / step) - first + 1);
  return Array.from({ length: count }, (_, i) => (first + i) * step);
}

const wrapped = (lon) => ((((lon + 180) % 360) + 360) % 360) - 180;

function words(value, step, letters) {
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const number = Math.abs(value).toFixed(decimals);
  return `${number}°${Number(number) === 0 ? "" : ` ${letters[value < 0 ? 1 : 0]}`}`;
}

function label(className, side, px, text) {
  const made = document.createElement("span");
  made.className = className;
  made.style[side] = `${Math.round(px)}px`;
  made.textContent = text;
  return made;
}
