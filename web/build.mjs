// How do the sources in web/ become the few hashed files under src/smilecurve/app/static?
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { geoNaturalEarth1, geoPath } from "d3-geo";
import esbuild from "esbuild";
import { feature, mesh } from "topojson-client";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "src", "smilecurve", "app", "static");
const require = createRequire(import.meta.url);
const WIDTH = 960;
const HEIGHT = 430;

/** Our word for a picture -> its name in lucide. */
const ICONS = {
  tower: "gauge", line: "factory", supply: "boxes", market: "globe", ship: "ship", serve: "wrench", renew: "recycle",
  learn: "flask-conical", data: "database", settings: "settings", tables: "table-2", search: "search", more: "ellipsis",
  check: "check", close: "x", warn: "triangle-alert", camera: "camera", down: "download", up: "upload", ticket: "ticket",
  machine: "tractor", lot: "package-search", back: "chevron-left", next: "chevron-right", edit: "pencil", play: "play",
  map: "map-pinned", decision: "scale", part: "puzzle", order: "file-text", why: "help-circle", floor: "siren", scan: "scan-line",
  "step-look": "eye", "step-wait": "timer", "step-unplug": "unplug", "step-measure": "ruler", "step-tighten": "wrench",
  "step-fill": "paint-bucket", "step-drain": "droplets", "step-clean": "brush-cleaning", "step-press": "pointer",
  "step-key": "key-round", "step-change": "replace", go: "navigation", sign: "pen-line", link: "link", film: "clapperboard",
};

const files = {};

async function keep(name, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 10);
  const [stem, end] = [name.slice(0, name.lastIndexOf(".")), name.slice(name.lastIndexOf("."))];
  files[name] = `${stem}-${hash}${end}`;
  await writeFile(join(out, files[name]), content);
}

async function icons() {
  const folder = join(dirname(require.resolve("lucide-static/package.json")), "icons");
  const symbols = [];
  for (const [word, name] of Object.entries(ICONS)) {
    const text = await readFile(join(folder, `${name}.svg`), "utf8");
    const inner = text.slice(text.indexOf(">", text.indexOf("<svg")) + 1, text.lastIndexOf("</svg>"));
    symbols.push(`<symbol id="${word}" viewBox="0 0 24 24">${inner.replace(/\s*\n\s*/g, "")}</symbol>`);
  }
  await keep("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`);
}

async function world() {
  const atlas = JSON.parse(await readFile(require.resolve("world-atlas/countries-110m.json"), "utf8"));
  const all = feature(atlas, atlas.objects.countries);
  const land = { type: "FeatureCollection", features: all.features.filter((f) => f.properties.name !== "Antarctica") };
  const projection = geoNaturalEarth1().precision(2).fitExtent([[4, 4], [WIDTH - 4, HEIGHT - 4]], land);
  const draw = geoPath(projection).digits(1);
  const borders = mesh(atlas, atlas.objects.countries, (a, b) => a !== b);
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}"><g id="land">` +
    `<path d="${draw(land)}"/></g><g id="borders"><path fill="none" d="${draw(borders)}"/></g></svg>`;
  await keep("world.svg", svg);
  const [x, y] = projection.translate();
  return { width: WIDTH, height: HEIGHT, scale: projection.scale(), x, y };
}

async function bundle() {
  const built = await esbuild.build({
    entryPoints: [join(here, "src/app.ts"), join(here, "src/app.css")],
    bundle: true,
    minify: true,
    format: "esm",
    target: ["es2022", "chrome123", "firefox120", "safari17.5"],
    entryNames: "[name]-[hash]",
    assetNames: "font/[name]-[hash]",
    outdir: out,
    loader: { ".woff2": "file", ".woff": "empty" },
    metafile: true,
    legalComments: "none",
    logLevel: "warning",
  });
  for (const [path, about] of Object.entries(built.metafile.outputs)) {
    const entry = about.entryPoint && about.entryPoint.split("/").pop().replace(/\.ts$/, ".js");
    if (entry) files[entry] = relative(out, join(process.cwd(), path));
    else if (/inter-latin-wght-normal/.test(path)) files["inter.woff2"] = relative(out, join(process.cwd(), path));
  }
}

/** The worker stands at the root of the site; it lays what it keeps on a new shelf when the pages' own files are new. */
async function worker() {
  const built = await esbuild.build({
    entryPoints: [join(here, "src/worker.ts")],
    bundle: true,
    minify: true,
    format: "iife",
    target: ["es2022", "chrome123", "firefox120", "safari17.5"],
    define: { BUILT: JSON.stringify(createHash("sha256").update(files["app.js"] + files["app.css"]).digest("hex").slice(0, 10)) },
    write: false,
    logLevel: "warning",
  });
  await keep("worker.js", built.outputFiles[0].contents);
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const [map] = [await world(), await icons(), await bundle()];
await worker();
await keep(
  "favicon.svg",
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#0b5c68" stroke-width="3.4" ' +
    'stroke-linecap="round"><path d="M2.5 6C3.5 15 7.5 18 12 18s8.5-3 9.5-12"/></svg>',
);
await writeFile(join(out, "manifest.json"), JSON.stringify({ files, world: map }, null, 1));
console.log(`built ${Object.keys(files).length} files into ${relative(process.cwd(), out)}`);
