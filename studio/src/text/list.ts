/** Several texts as one word of an address, readable: "web: Basket,stage:buy". A comma within one is "%2C". */

export function joined(list: readonly string[]): string | undefined {
  return list.length
    ? list.map((one) => one.replaceAll("%", "%25").replaceAll(",", "%2C")).join(",")
    : undefined
}

export function listed(text: string | undefined): string[] {
  return (text ?? "")
    .split(",")
    .filter(Boolean)
    .map((one) => one.replaceAll("%2C", ",").replaceAll("%25", "%"))
}
