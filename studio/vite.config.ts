/** The studio's sources in, `src/harken/studio` out: hashed assets with .br and .gz beside them. */

import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { brotliCompressSync, constants, gzipSync } from "node:zlib"
import react from "@vitejs/plugin-react"
import { defineConfig, type Plugin } from "vite"

const OUT = fileURLToPath(new URL("../src/harken/studio", import.meta.url))
/** The hub that `npm run dev` talks to. */
const HUB = process.env.HARKEN_HUB ?? "http://127.0.0.1:8787"
const COMPRESSED = /\.(js|css|svg|json|html)$/

/** Write each text file compressed once, so that the hub never compresses while it serves. */
function compressed(): Plugin {
  const walk = (folder: string): string[] =>
    readdirSync(folder).flatMap((name) => {
      const path = join(folder, name)
      return statSync(path).isDirectory() ? walk(path) : [path]
    })
  return {
    name: "compressed",
    apply: "build",
    closeBundle() {
      for (const path of walk(OUT)) {
        const body = readFileSync(path)
        if (!COMPRESSED.test(path) || path.endsWith("index.html") || body.length < 1024) continue
        writeFileSync(`${path}.gz`, gzipSync(body, { level: 9 }))
        writeFileSync(
          `${path}.br`,
          brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
        )
      }
    },
  }
}

export default defineConfig({
  base: "./",
  plugins: [
    react(),
    compressed(),
    {
      name: "base",
      apply: "serve",
      transformIndexHtml: (html) => html.replace("<head>", '<head><base href="/">'),
    },
  ],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { "/api": HUB, "/session": HUB, "/v1": HUB } },
})
