// Puts what the pages need beside their own script: libraries as they are, fonts with the letters
// of the pages, the icons that are named, and everything compressed ahead of time.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import subsetFont from "subset-font";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "node_modules");
const fixed = join(here, "../src/mainstem/web/static");
const built = join(fixed, "built");

const LIBRARIES = {
  "htmx.js": "htmx.org/dist/htmx.min.js",
  "hx-sse.js": "htmx.org/dist/ext/hx-sse.min.js",
  "tinykeys.js": "tinykeys/dist/tinykeys.mjs",
};
const FONTS = [
  // The letters of nearly every page; what else a name needs comes from the whole file.
  { to: "inter.woff2", from: "inter/files/inter-latin-wght-normal.woff2", weights: { min: 400, max: 650, default: 400 } },
  { to: "mono.woff2", from: "jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2", weights: 400, plain: true },
];
const WHOLE_FONTS = {
  "inter-latin.woff2": "inter/files/inter-latin-wght-normal.woff2",
  "inter-latin-ext.woff2": "inter/files/inter-latin-ext-wght-normal.woff2",
};
const LETTERS = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join("") + "·–—’“”…→←↑↓×";
const COMPRESSED = /\.(css|js|svg)$/;

async function libraries() {
  for (const [to, from] of Object.entries(LIBRARIES)) {
    const text = await readFile(join(modules, from), "utf8");
    await writeFile(join(built, to), text.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "\n"));
  }
}

async function fonts() {
  await mkdir(join(built, "fonts"), { recursive: true });
  for (const { to, from, weights, plain } of FONTS) {
    const font = await readFile(join(modules, "@fontsource-variable", from));
    const smaller = await subsetFont(font, LETTERS, {
      targetFormat: "woff2",
      variationAxes: { wght: weights },
      noLayoutClosure: plain ?? false,
    });
    await writeFile(join(built, "fonts", to), smaller);
  }
  for (const [to, from] of Object.entries(WHOLE_FONTS)) {
    await writeFile(join(built, "fonts", to), await readFile(join(modules, "@fontsource-variable", from)));
  }
}

async function icons() {
  const names = (await readFile(join(here, "icons.txt"), "utf8")).split(/\s+/).filter(Boolean);
  const drawn = {};
  for (const name of names) {
    const text = await readFile(join(modules, "lucide-static/icons", `${name}.svg`), "utf8");
    drawn[name] = text.replace(/^[\s\S]*?<svg[\s\S]*?>/, "").replace("</svg>", "").replace(/\s*\n\s*/g, "").trim();
  }
  await writeFile(join(built, "icons.json"), JSON.stringify(drawn));
}

async function files(folder) {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name)).sort();
}

// One compressed twin of each text below built/packed/, and one digest of all: it is part of every
// address, so that what a page refers to is of the same build as the page.
async function packed() {
  const digest = createHash("sha256");
  for (const path of await files(fixed)) {
    const name = relative(fixed, path);
    const content = await readFile(path);
    digest.update(name).update("\0").update(content);
    if (!COMPRESSED.test(name)) continue;
    const to = join(built, "packed", name);
    await mkdir(dirname(to), { recursive: true });
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT };
    await writeFile(`${to}.br`, brotliCompressSync(content, { params }));
    await writeFile(`${to}.gz`, gzipSync(content, { level: 9 }));
  }
  await writeFile(join(built, "version.txt"), `${digest.digest("hex").slice(0, 16)}\n`);
}

await rm(join(built, "packed"), { recursive: true, force: true });
await rm(join(built, "version.txt"), { force: true });
await mkdir(built, { recursive: true });
await libraries();
await fonts();
await icons();
await packed();
