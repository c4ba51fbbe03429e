/** Whose journeys, when, what a step is and what counts as one journey: the same for every analysis. */
import { ChevronDown } from "lucide-react"
import { Popover } from "radix-ui"
import { buttonClass } from "@/parts/Button"
import { Period } from "@/parts/Period"
import parts from "@/parts/parts.module.css"
import { SegmentChoice } from "@/parts/SegmentChoice"
import { Chips } from "./Chips"
import css from "./ScopeBar.module.css"
import { JOURNEYS, LEVELS, type Level, oneOf, REPEATS, type Scope, type SetScope } from "./scope"
import { u } from "./text"

export function ScopeBar({
  scope,
  set,
  levels = LEVELS,
}: {
  scope: Scope
  set: SetScope
  levels?: readonly Level[]
}) {
  return (
    <>
      <Period days={scope} set={set} />
      <SegmentChoice segment={scope.segment} set={(segment) => set({ segment })} />
      {levels.length > 1 && (
        <select
          aria-label={u("level")}
          value={scope.level}
          onChange={(event) => set({ level: oneOf(LEVELS, event.target.value, "touchpoint") })}
        >
          {levels.map((level) => (
            <option key={level} value={level}>
              {u(level)}
            </option>
          ))}
        </select>
      )}
      <JourneyChoice scope={scope} set={set} />
    </>
  )
}

function JourneyChoice({ scope, set }: { scope: Scope; set: SetScope }) {
  const now = u(scope.journey) + (scope.repeats === "keep" ? "" : ` · ${u(scope.repeats).toLowerCase()}`)
  return (
    <Popover.Root>
      <Popover.Trigger className={buttonClass({})} aria-label={`${u("journeys")}: ${now}`}>
        {now}
        <ChevronDown size={14} aria-hidden="true" />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className={`${parts.popover} ${css.journeys}`}
          sideOffset={4}
          align="start"
          aria-label={u("journeys")}
        >
          <Choices
            name={u("journeys")}
            value={scope.journey}
            choices={JOURNEYS}
            onChoose={(journey) => set({ journey })}
          />
          {scope.journey === "goal" && (
            <div className={css.goals}>
              <Chips
                label={u("goals")}
                add={u("addGoal")}
                list={scope.goal}
                onChange={(goal) => set({ goal })}
              />
              {!scope.goal.length && <small>{u("goalMissing")}</small>}
            </div>
          )}
          <Choices
            name={u("repeats")}
            value={scope.repeats}
            choices={REPEATS}
            onChoose={(repeats) => set({ repeats })}
          />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

function Choices<One extends "life" | "visit" | "goal" | "keep" | "collapse" | "first">(props: {
  name: string
  value: One
  choices: readonly One[]
  onChoose: (one: One) => void
}) {
  return (
    <fieldset className={css.choices}>
      <legend>{props.name}</legend>
      {props.choices.map((one) => (
        <label key={one}>
          <input
            type="radio"
            name={props.name}
            checked={one === props.value}
            onChange={() => props.onChoose(one)}
          />
          <span>
            {u(one)}
            <small>{u(`${one}About`)}</small>
          </span>
        </label>
      ))}
    </fieldset>
  )
}
