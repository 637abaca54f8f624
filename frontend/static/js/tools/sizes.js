// Lengths and surfaces in words.

const figures = (value, decimals) =>
  value.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });

/** Four figures or so, as a map can be read. */
const decimalsFor = (value) => (value < 1 ? 3 : value < 10 ? 2 : value < 1000 ? 1 : 0);

/** @param {number} metres */
export function lengthWords(metres) {
  return `${figures(metres / 1000, decimalsFor(metres / 1000))} km`;
}

/** @param {number} squareMetres */
export function surfaceWords(squareMetres) {
  const [hectares, squareKm] = [squareMetres / 1e4, squareMetres / 1e6];
  return `${figures(hectares, decimalsFor(hectares))} ha (${figures(squareKm, decimalsFor(squareKm))} km²)`;
}
