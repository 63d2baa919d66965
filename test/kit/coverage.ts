export async function collectCoverage(_: { root: string; filters: string[] }) {
  return {
    env: {},
    async report(_: (s: string) => void): Promise<boolean> {
      return true
    },
    async remove() {},
  }
}
