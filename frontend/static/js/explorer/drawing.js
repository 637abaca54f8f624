// A drawn or dropped shape as a filter: it travels in the address while it is small, and stays on the device otherwise.

import { ON_DEVICE, deviceShape, keepShape, recallShape } from "./device.js";

/** @param {string} name */
const fieldOf = (name) => /** @type {HTMLInputElement | null} */ (document.querySelector(`#panel input[name="${name}"]`));

/** @param {string} name @param {string} value */
function write(name, value) {
  let input = fieldOf(name);
  if (!input) {
    input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    document.getElementById("panel")?.prepend(input);
  }
  input.value = value;
}

const askAnew = () => document.getElementById("panel")?.dispatchEvent(new Event("change", { bubbles: true }));

/** @param {any} map */
export async function addDrawing(map) {
  const { addTools } = await import("../tools/index.js");
  const { shape, buffer_km: bufferKm } = map.portal.options;
  const asked = new URL(location.href).searchParams.get("shape") === ON_DEVICE;
  const kept = asked ? recallShape() : null;
  const tools = addTools(map, {
    shape: kept?.geometry ?? shape,
    bufferKm: kept?.bufferKm ?? bufferKm,
    onShape: ({ geometry, wkt, bufferKm: km, travels }) => {
      const stays = Boolean(wkt) && !travels;
      keepShape(stays && wkt ? { geometry, wkt, bufferKm: km } : null);
      write("intersects", stays ? "" : (wkt ?? ""));
      write("buffer_km", wkt && km && !stays ? String(km) : "");
      write("shape", stays ? ON_DEVICE : "");
      askAnew();
    },
  });
  if (kept) {
    keepShape(kept);
    askAnew();
  }
  // A shape whose chip was taken out of the filters goes from the map too.
  document.addEventListener("htmx:afterSettle", () => {
    if (!fieldOf("intersects")?.value && !deviceShape()) tools.setShape(null);
  });
}
