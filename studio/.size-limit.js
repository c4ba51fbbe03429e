/** What a browser loads before anything can be seen: the scripts the built page names. */
import { readFileSync } from "node:fs"

const built = new URL("../src/harken/studio/", import.meta.url)
const page = readFileSync(new URL("index.html", built), "utf8")
const scripts = [...page.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.js)"/g)].map(([, name]) => name)

export default [
  {
    name: "first load",
    path: scripts.map((name) => new URL(name, built).pathname),
    limit: "190 kB",
    gzip: true,
  },
]
