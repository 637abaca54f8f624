// Copies what browsers need of the npm packages, with their licences, to static/vendor, so that no page asks another host.
// Run by `make` after `npm ci`; the folder is made anew each time.
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const vendor = join(here, "static", "vendor");

// folder under static/vendor -> [package, its files or folders]; a file keeps its own name, or takes the one after "as".
const wanted = {
  leaflet: ["leaflet", ["dist/leaflet.js", "dist/leaflet.css", "dist/images", "LICENSE"]],
  fullscreen: [
    "leaflet.fullscreen",
    ["dist/Control.FullScreen.umd.js as fullscreen.js", "dist/Control.FullScreen.css as fullscreen.css", "LICENSE.md"],
  ],
  htmx: ["htmx.org", ["dist/htmx.min.js", "LICENSE"]],
  protomaps: ["protomaps-leaflet", ["dist/protomaps-leaflet.js", "LICENSE"]],
  "swagger-ui": [
    "swagger-ui-dist",
    ["swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png", "LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt"],
  ],
  fonts: [
    "@fontsource-variable/noto-sans",
    [
      "files/noto-sans-latin-wght-normal.woff2 as noto-sans-latin.woff2",
      "files/noto-sans-latin-ext-wght-normal.woff2 as noto-sans-latin-ext.woff2",
      "files/noto-sans-devanagari-wght-normal.woff2 as noto-sans-devanagari.woff2",
      "LICENSE as noto-sans-LICENSE",
    ],
  ],
  ...Object.fromEntries(
    ["telugu", "oriya", "gujarati"].map((script) => [
      `fonts/${script}`,
      [
        `@fontsource-variable/noto-sans-${script}`,
        [`files/noto-sans-${script}-${script}-wght-normal.woff2 as noto-sans-${script}.woff2`, "LICENSE"],
      ],
    ]),
  ),
};

// What documents are set in: static fonts, so that the same revision gives the same bytes on every machine.
const printFonts = {
  "noto-sans": ["NotoSans_400Regular", "NotoSans_700Bold"],
  "noto-sans-math": ["NotoSansMath_400Regular"],
  "noto-sans-devanagari": ["NotoSansDevanagari_400Regular", "NotoSansDevanagari_700Bold"],
  "noto-sans-telugu": ["NotoSansTelugu_400Regular", "NotoSansTelugu_700Bold"],
  "noto-sans-oriya": ["NotoSansOriya_400Regular", "NotoSansOriya_700Bold"],
  "noto-sans-gujarati": ["NotoSansGujarati_400Regular", "NotoSansGujarati_700Bold"],
};

rmSync(vendor, { recursive: true, force: true });
for (const [folder, [name, files]] of Object.entries(wanted)) {
  mkdirSync(join(vendor, folder), { recursive: true });
  for (const file of files) {
    const [from, to = basename(from)] = file.split(" as ");
    cpSync(join(here, "node_modules", name, from), join(vendor, folder, to), { recursive: true });
  }
}
mkdirSync(join(vendor, "print-fonts"), { recursive: true });
for (const [name, styles] of Object.entries(printFonts)) {
  const folder = join(here, "node_modules", "@expo-google-fonts", name);
  for (const style of styles) cpSync(join(folder, style.split("_")[1], `${style}.ttf`), join(vendor, "print-fonts", `${style}.ttf`));
  cpSync(join(folder, "LICENSE_FONT"), join(vendor, "print-fonts", `${name}-LICENSE`));
}
console.log(`Browser libraries copied to ${vendor}`);
