// Where the pointer is.

/**
 * @param {number} value degrees
 * @param {string} letters for positive and negative
 */
const degrees = (value, letters) => `${Math.abs(value).toFixed(4)}° ${letters[value < 0 ? 1 : 0]}`;

/** @param {any} map */
export function coordinates(map) {
  const control = L.control({ position: "bottomleft" });
  control.onAdd = () => {
    const box = L.DomUtil.create("div", "map-coordinates");
    map.on("mousemove", ({ latlng }) => {
      const { lat, lng } = latlng.wrap();
      box.textContent = `${degrees(lat, "NS")}, ${degrees(lng, "EW")}`;
    });
    map.on("mouseout", () => box.replaceChildren());
    return box;
  };
  return control.addTo(map);
}
