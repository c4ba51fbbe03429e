/** Every text of the attribution page. */
import { filled } from "@/text/t"

const texts = {
  title: "Attribution",
  goals: "Goals",
  company: "Goals of the company; choose others",
  more: "Add a goal",
  credited: "What is credited",
  places: "Touchpoints",
  campaigns: "Campaigns",
  lookback: "Looking back",
  days: "{days} days",
  sort: "Ranked by",
  model: "Model {model}",
  place: "Place",
  conversions: "Customers",
  range: "Least to most",
  apart: "How far the models are apart",
  apartAbout: "The share of all credit that would have to move for two models to say the same.",
  granularity: "Touchpoints summed up are not channels",
  granularityAbout:
    "What a channel gets depends on what is asked: its touchpoints summed up, or the channel as one. To decide about channels, ask at the level of channels.",
  channel: "Channel",
  summed: "Touchpoints summed",
  asOne: "Asked as one",
  ask: "Ask at the level of channels",
  whose: "Reached a goal after {name}",
  credit: "{share} of the credit: {credit} goals; surely {low} to {high}",
  removal: "Without it",
  removalAbout: "Share of the goals that would be missing if nobody came here (Markov)",
  nothing: "Nothing before it",
  unasked: "Which goal?",
  unaskedBody:
    "No goal is named in the configuration. Choose what is to be reached: a touchpoint, a stage or an event.",
  descriptive: "Descriptive: what went together, not what would have happened otherwise.",
} as const

export function a(key: keyof typeof texts, values: Record<string, string | number> = {}): string {
  return filled(texts[key], values)
}

export const MODELS: Readonly<Record<string, string>> = {
  first: "First",
  last: "Last",
  linear: "Linear",
  decay: "Decay",
  position: "Position",
  shapley: "Shapley",
  markov: "Markov",
}
