// Our own scripts and styles, each page's in a few files, to static/built: a slow link pays for each request.
// The modules in static/js and static/css are what people read and write. Run by `make`.
import { build } from "esbuild";
import { readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const built = join(here, "static", "built");

/** @type {import("esbuild").BuildOptions} */
const common = { bundle: true, minify: true, outdir: built, logLevel: "warning", metafile: true, target: ["es2022"] };

const scripts = await build({
  ...common,
  entryPoints: ["portal", "explorer", "shortlist", "insights"].map((name) => join(here, "static", "js", `${name}.js`)),
  format: "esm",
  splitting: true,
  chunkNames: "part-[hash]",
});
const styles = await build({
  ...common,
  entryPoints: ["site", "map", "explorer", "compare", "insights"].map((name) => join(here, "bundles", `${name}.css`)),
  // The fonts stay where they are: the folder lies as deep as the one that the styles come from.
  external: ["../vendor/*"],
  loader: { ".png": "dataurl" },
});
// What an earlier build left is taken away last: a page that is being read keeps its parts until then.
const made = new Set([scripts, styles].flatMap(({ metafile }) => Object.keys(metafile.outputs)).map((path) => basename(path)));
for (const name of readdirSync(built)) if (!made.has(name) && !name.startsWith(".")) rmSync(join(built, name));
console.log(`Scripts and styles built in ${built}`);
