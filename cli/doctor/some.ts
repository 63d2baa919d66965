const AT_MOST = 5

/** The first few of many, and how many more there are. */
export function some(all: readonly string[], between = ', '): string {
  const rest = all.length - AT_MOST
  return rest <= 0 ? all.join(between) : [...all.slice(0, AT_MOST), `and ${rest} more`].join(between)
}
