/** The studio's sources in, `src/harken/studio` out: hashed assets with .br and .gz beside them. */

import { fileURLToPath } from "node:url"
import react from "@vitejs/plugin-react"
import { defineConfig } from "vite"
import { compressed, licenses } from "./vite.plugins.ts"

const OUT = fileURLToPath(new URL("../src/harken/studio", import.meta.url))
/** The hub that `npm run dev` talks to. */
const HUB = process.env.HARKEN_HUB ?? "http://127.0.0.1:8787"

export default defineConfig({
  base: "./",
  plugins: [
    react(),
    licenses(),
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
