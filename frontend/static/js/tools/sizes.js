// Lengths and surfaces in words.

import { _ } from "../say.js";

const figures = (value, decimals) =>
  value.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });

/** Four figures or so, as a map can be read. */
const decimalsFor = (value) => (value < 1 ? 3 : value < 10 ? 2 : value < 1000 ? 1 : 0);

/** @param {number} metres */
export function lengthWords(metres) {
  return `${figures(metres / 1000, decimalsFor(metres / 1000))} ${_("km")}`;
}

/** @param {number} squareMetres */
export function surfaceWords(squareMetres) {
  const [hectares, squareKm] = [squareMetres / 1e4, squareMetres / 1e6];
  const inHectares = _("%(number)s ha", { number: figures(hectares, decimalsFor(hectares)) });
  return `${inHectares} (${_("%(number)s km²", { number: figures(squareKm, decimalsFor(squareKm)) })})`;
}
