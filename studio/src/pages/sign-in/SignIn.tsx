/** Asks for a secret key, once. The hub answers with a session cookie that scripts cannot read. */
import { useRouter } from "@tanstack/react-router"
import { useState } from "react"
import { prefix } from "@/api/prefix"
import { signIn } from "@/app/session"
import { Button } from "@/parts/Button"
import parts from "@/parts/parts.module.css"
import css from "./SignIn.module.css"

export function SignIn() {
  const router = useRouter()
  const [key, setKey] = useState("")
  const [problem, setProblem] = useState("")
  const [busy, setBusy] = useState(false)
  const submit = async (event: React.FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setProblem("")
    try {
      await signIn(key.trim())
      await router.invalidate() // an address that leads on does so now
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
      setBusy(false)
    }
  }
  return (
    <main className={css.place}>
      <form className={css.card} onSubmit={submit}>
        <img src={`${prefix}/mark.svg`} alt="" width={36} height={36} />
        <h1>Sign in to Harken</h1>
        <p>
          Paste a secret key. The hub printed one at its first start; <code>harken keys create secret</code>{" "}
          makes another.
        </p>
        <label className={parts.field}>
          <span>Secret key</span>
          <input
            className={parts.input}
            type="password"
            autoComplete="current-password"
            value={key}
            onChange={(event) => setKey(event.target.value)}
            aria-invalid={problem ? true : undefined}
            aria-describedby="problem"
          />
        </label>
        <p id="problem" role="alert" className={css.problem}>
          {problem}
        </p>
        <Button look="primary" type="submit" disabled={busy || !key.trim()}>
          {busy ? "Signing in" : "Sign in"}
        </Button>
      </form>
    </main>
  )
}
