/** The rules of a touchpoint: which events it stands for. */
import { Plus, Trash2 } from "lucide-react"
import { Button } from "@/parts/Button"
import { Field } from "@/parts/Field"
import parts from "@/parts/parts.module.css"
import { filled } from "@/text/t"
import { emptyRule, type Rule } from "./model"
import { text } from "./text"
import css from "./touchpoints.module.css"

const TYPES = ["page", "screen", "track", "identify", "group", "alias"]

export function Rules(props: {
  rules: Rule[]
  sources: string[]
  at: (field: string) => string | undefined
  onChange: (rules: Rule[]) => void
}) {
  const { rules, at } = props
  const set = (key: number, change: Partial<Rule>) =>
    props.onChange(rules.map((rule) => (rule.key === key ? { ...rule, ...change } : rule)))
  return (
    <section className={css.rules}>
      <h3>{text.rules}</h3>
      <p className="quiet">{rules.length ? text.rulesHint : text.noRules}</p>
      {rules.map((rule, place) => (
        <fieldset key={rule.key} className={css.rule}>
          <legend>{filled(text.rule, { number: place + 1 })}</legend>
          {at(`match.${place}`) && (
            <p id={`field-match.${place}`} tabIndex={-1} role="alert" className={css.problem}>
              {at(`match.${place}`)}
            </p>
          )}
          <Choice
            id={`match.${place}.type`}
            label={text.type}
            none={text.anyType}
            value={rule.type}
            choices={TYPES}
            problem={at(`match.${place}.type`)}
            onChange={(type) => set(rule.key, { type })}
          />
          <Choice
            id={`match.${place}.source`}
            label={text.source}
            none={text.anySource}
            value={rule.source}
            choices={props.sources}
            problem={at(`match.${place}.source`)}
            onChange={(source) => set(rule.key, { source })}
          />
          <Pattern
            id={`match.${place}.name`}
            label={text.eventName}
            example={text.eventNameHint}
            value={rule.name}
            problem={at(`match.${place}.name`)}
            onChange={(name) => set(rule.key, { name })}
          />
          <Pattern
            id={`match.${place}.path`}
            label={text.path}
            example={text.pathHint}
            value={rule.path}
            problem={at(`match.${place}.path`)}
            onChange={(path) => set(rule.key, { path })}
          />
          <div className={css.wide}>
            <Field
              id={`match.${place}.properties`}
              label={text.properties}
              about={text.propertiesHint}
              problem={at(`match.${place}.properties`)}
            >
              {(field) => (
                <textarea
                  {...field}
                  className={parts.input}
                  rows={Math.max(1, rule.properties.split("\n").length)}
                  value={rule.properties}
                  onChange={(event) => set(rule.key, { properties: event.target.value })}
                />
              )}
            </Field>
          </div>
          <Button
            small
            icon
            look="quiet"
            className={css.remove}
            aria-label={filled(text.removeRule, { number: place + 1 })}
            onClick={() => props.onChange(rules.filter((one) => one !== rule))}
          >
            <Trash2 size={14} />
          </Button>
        </fieldset>
      ))}
      <p>
        <Button small onClick={() => props.onChange([...rules, emptyRule()])}>
          <Plus size={14} aria-hidden="true" /> {text.addRule}
        </Button>
      </p>
    </section>
  )
}

function Choice(props: {
  id: string
  label: string
  none: string
  value: string
  choices: string[]
  problem?: string
  onChange: (value: string) => void
}) {
  const choices = props.choices.includes(props.value) ? props.choices : [...props.choices, props.value]
  return (
    <Field id={props.id} label={props.label} problem={props.problem}>
      {(field) => (
        <select {...field} value={props.value} onChange={(event) => props.onChange(event.target.value)}>
          <option value="">{props.none}</option>
          {choices.filter(Boolean).map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      )}
    </Field>
  )
}

function Pattern(props: {
  id: string
  label: string
  example: string
  value: string
  problem?: string
  onChange: (value: string) => void
}) {
  return (
    <Field id={props.id} label={props.label} problem={props.problem}>
      {(field) => (
        <input
          {...field}
          className={parts.input}
          value={props.value}
          placeholder={props.example}
          onChange={(event) => props.onChange(event.target.value)}
        />
      )}
    </Field>
  )
}
