/** One day of moves again, in twenty seconds: dots on the map, and a strip to hold it, begin anew or choose the day. */
import { useQuery } from "@tanstack/react-query"
import { Pause, Play, X } from "lucide-react"
import { useEffect, useMemo, useRef, useState } from "react"
import { createPortal } from "react-dom"
import { Button } from "@/parts/Button"
import parts from "@/parts/parts.module.css"
import { count } from "@/text/format"
import { movesOf } from "../ask"
import { DAY_MS, DAY_TAKES_MS, dueBetween, spread } from "../dots"
import { m } from "../text"
import css from "./Chart.module.css"
import { type Stage, usePainter } from "./usePainter"

export interface ReplayProps extends Stage {
  day: string
  segment: string
  onDay: (day: string) => void
  onClose: () => void
  /** Where the strip goes: beside what scrolls. */
  strip: Element | null
}

export function Replay(props: ReplayProps) {
  const { day, segment, strip, ...stage } = props
  const painter = usePainter(stage)
  const asked = useQuery(movesOf(day, segment))
  const moves = useMemo(() => spread(asked.data?.moves ?? [], Date.parse(day)), [asked.data, day])
  const [playing, setPlaying] = useState(true)
  const [clock, setClock] = useState(0)
  const at = useRef(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another day begins at its midnight
  useEffect(() => {
    at.current = 0
    setClock(0)
    setPlaying(true)
  }, [day, segment])
  useEffect(() => {
    if (!playing || !asked.data) return undefined
    let before = performance.now()
    let frame = requestAnimationFrame(function turn(now) {
      const from = at.current
      // a page that was hidden goes on where it was
      const to = Math.min(DAY_MS, from + (Math.min(100, now - before) * DAY_MS) / DAY_TAKES_MS)
      before = now
      at.current = to
      for (const move of dueBetween(moves, from, to)) {
        const a = painter.discOf(move.from)
        const b = painter.discOf(move.to)
        if (b && a !== b) painter.send(a, b)
      }
      setClock(to)
      if (to < DAY_MS) frame = requestAnimationFrame(turn)
      else setPlaying(false)
    })
    return () => cancelAnimationFrame(frame)
  }, [playing, moves, painter, asked.data])

  const toggle = () => {
    if (!playing && at.current >= DAY_MS) at.current = 0
    setPlaying(!playing)
  }
  const { width, height } = stage.grid
  return (
    <>
      <canvas ref={painter.ref} className={`${css.layer} ${css.through}`} style={{ width, height }} />
      {strip &&
        createPortal(
          <fieldset className={css.strip} aria-label={m("replay")}>
            <Button small icon look="quiet" onClick={toggle} aria-label={m(playing ? "pause" : "play")}>
              {playing ? <Pause size={15} /> : <Play size={15} />}
            </Button>
            <input
              type="date"
              className={parts.input}
              aria-label={m("day")}
              value={day}
              onChange={(event) => event.target.value && props.onDay(event.target.value)}
            />
            <input
              type="range"
              min={0}
              max={DAY_MS}
              step={60_000}
              value={clock}
              aria-label={m("clock")}
              aria-valuetext={hour(clock)}
              onChange={(event) => {
                at.current = Number(event.target.value)
                setClock(at.current)
              }}
            />
            <output className="num">{hour(clock)}</output>
            <span className="num">
              {asked.error ? m("noReplay") : asked.data ? told(asked.data.moves.length, asked.data.of) : "…"}
            </span>
            <Button small icon look="quiet" onClick={props.onClose} aria-label={m("close")}>
              <X size={15} />
            </Button>
          </fieldset>,
          strip,
        )}
    </>
  )
}

const told = (shown: number, of: number): string =>
  shown < of ? m("movesSampled", { shown: count(shown), of: count(of) }) : m("movesAll", { count: count(of) })

const hour = (ms: number): string => new Date(Math.min(ms, DAY_MS - 1)).toISOString().slice(11, 16)
