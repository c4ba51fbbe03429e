import { expect, it } from "vitest"
import { curlLine, isSecret, pageSnippet, quoted, shelled } from "@/pages/start/lines"

it("writes a snippet whose strings cannot end its script", () => {
  const snippet = pageSnippet("https://hub.example/h", 'k"</script><b>')
  expect(snippet.match(/<\/script>/g)).toHaveLength(1)
  expect(snippet).toContain('"https://hub.example/h"')
})

it("writes a snippet that is JavaScript", () => {
  const [, body = ""] = /<script>([\s\S]*)<\/script>/.exec(pageSnippet("https://hub.example", "k")) ?? []
  expect(() => new Function(body)).not.toThrow()
})

it("quotes what a shell would take apart", () => {
  expect(shelled("hk_write_Ab-9")).toBe("hk_write_Ab-9")
  expect(shelled("it's $HOME")).toBe(`'it'\\''s $HOME'`)
  expect(curlLine("http://localhost:8787", "k y")).toContain(
    "curl -u 'k y': \\\n  http://localhost:8787/v1/track \\\n",
  )
  expect(quoted("<")).toBe('"\\u003c"')
})

it("knows a secret key", () => {
  expect([isSecret("hk_secret_x"), isSecret("hk_write_x")]).toEqual([true, false])
})
