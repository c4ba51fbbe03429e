/** An answer's rows -> the steps of a funnel as they are drawn. */
import type { Answer, Row } from "@/api/analyses"

export interface StepRow {
  step: number
  pattern: string
  customers: number
  share: number
  ofPrevious: number | null
  dropped: number
  open: number
  late: number
  /** From the step before, in seconds; null where there is none. */
  median: number | null
  segment: string
}

const number = (row: Row, name: string): number => Number(row[name] ?? 0)
const numberOrNone = (row: Row, name: string): number | null => {
  const value = row[name]
  return typeof value === "number" ? value : null
}

export function stepsOf(answer: Answer, table: "steps" | "segments" = "steps"): StepRow[] {
  return (answer.tables[table]?.rows ?? []).map((row) => ({
    step: number(row, "step"),
    pattern: String(row.label ?? ""),
    customers: number(row, "customers"),
    share: number(row, "share"),
    ofPrevious: numberOrNone(row, "share_of_previous"),
    dropped: number(row, "dropped"),
    open: number(row, "still_open"),
    late: number(row, "late"),
    median: numberOrNone(row, "previous_median_seconds"),
    segment: String(row.segment ?? ""),
  }))
}
