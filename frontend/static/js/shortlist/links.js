// Where the blocks of the shortlist lead.

export const FEWEST_COMPARED = 2;
export const MOST_COMPARED = 6;
// The endings on offer under /download, each with its name.
export const FORMATS = {
  geojson: "GeoJSON",
  csv: "CSV",
  gpkg: "GeoPackage",
  fgb: "FlatGeobuf",
  kml: "KML",
  "shp.zip": "Shapefile",
  xlsx: "Excel",
  parquet: "GeoParquet",
};

/**
 * @param {string} path
 * @param {string[]} ids
 */
function withIds(path, ids) {
  return `${path}?ids=${ids.map(encodeURIComponent).join(",")}`;
}

/** The first six side by side. @param {string[]} ids */
export const compareAddress = (ids) => withIds("/compare", ids.slice(0, MOST_COMPARED));

/** All of them on the map and in the table. @param {string[]} ids */
export const explorerAddress = (ids) => withIds("/", ids);

/** @param {string} ending @param {string[]} ids */
export const downloadAddress = (ending, ids) => withIds(`/download/blocks.${ending}`, ids);

/** @param {string[]} ids */
export const feedAddress = (ids) => withIds("/feeds/changes.atom", ids);

/**
 * A link for others: the comparison where all fit into it, else the explorer.
 * @param {string[]} ids
 */
export function sharedAddress(ids) {
  const fits = ids.length >= FEWEST_COMPARED && ids.length <= MOST_COMPARED;
  return location.origin + (fits ? compareAddress(ids) : explorerAddress(ids));
}
