/** What is done with a build beyond Vite: text compressed once, and the licenses of what was bundled. */

import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { brotliCompressSync, constants, gzipSync } from "node:zlib"
import type { Plugin } from "vite"

const COMPRESSED = /\.(js|css|svg|json)$/
const SMALL = 1_024

/** Write each text file compressed beside it, so that the hub never compresses while it serves. */
export function compressed(): Plugin {
  let out = ""
  return {
    name: "compressed",
    apply: "build",
    configResolved: (config) => {
      out = config.build.outDir
    },
    writeBundle() {
      for (const path of files(out)) {
        const body = readFileSync(path)
        if (!COMPRESSED.test(path) || body.length < SMALL) continue
        writeFileSync(`${path}.gz`, gzipSync(body, { level: 9 }))
        const params = { [constants.BROTLI_PARAM_QUALITY]: 11 }
        writeFileSync(`${path}.br`, brotliCompressSync(body, { params }))
      }
    },
  }
}

const files = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? files(path) : [path]
  })

/** Write `THIRD_PARTY.txt`: every package a part of which is in the build, with its license's text. */
export function licenses(): Plugin {
  return {
    name: "licenses",
    apply: "build",
    generateBundle() {
      const folders = new Set<string>()
      for (const id of this.getModuleIds()) {
        const folder = /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1]
        if (folder && existsSync(join(folder, "package.json"))) folders.add(folder)
      }
      const told = [...folders].map(about).sort((a, b) => (a.name < b.name ? -1 : 1))
      const source = [
        "The studio is built from these packages. Each is under its own license.",
        ...told.map(({ name, text }) => `${"=".repeat(79)}\n${name}\n\n${text}`),
      ].join("\n\n")
      this.emitFile({ type: "asset", fileName: "THIRD_PARTY.txt", source: `${source}\n` })
    },
  }
}

function about(folder: string): { name: string; text: string } {
  const told = JSON.parse(readFileSync(join(folder, "package.json"), "utf-8"))
  const names = readdirSync(folder).filter((name) => /^(licen[sc]e|copying|notice)/i.test(name))
  const text = names.map((name) => readFileSync(join(folder, name), "utf-8").trim()).join("\n\n")
  const author = typeof told.author === "string" ? told.author : told.author?.name
  const from = author ? `Copyright ${author}.` : ""
  return {
    name: `${told.name} ${told.version} (${told.license})`,
    text: text || `${from} The package has no license file; its package.json says ${told.license}.`.trim(),
  }
}
