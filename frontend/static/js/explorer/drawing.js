// A drawn or dropped shape as a filter: it travels in the address while it is small.

/** @param {any} map */
export async function addDrawing(map) {
  const { addTools } = await import("../tools/index.js");
  const field = (name) => /** @type {HTMLInputElement | null} */ (document.querySelector(`#panel input[name="${name}"]`));
  const write = (name, value) => {
    const panel = document.getElementById("panel");
    let input = field(name);
    if (!panel) return;
    if (!input) {
      input = document.createElement("input");
      input.type = "hidden";
      input.name = name;
      panel.prepend(input);
    }
    input.value = value;
  };
  const { shape, buffer_km: bufferKm } = map.portal.options;
  const tools = addTools(map, {
    shape,
    bufferKm,
    onShape: ({ wkt, bufferKm }) => {
      write("intersects", wkt ?? "");
      write("buffer_km", wkt && bufferKm ? String(bufferKm) : "");
      document.getElementById("panel")?.dispatchEvent(new Event("change", { bubbles: true }));
    },
  });
  // A shape whose chip was taken out of the filters goes from the map too.
  document.addEventListener("htmx:afterSettle", () => {
    if (!field("intersects")?.value) tools.setShape(null);
  });
}
