/** What work answers, and the seconds of CPU that this process, all its threads, has spent meanwhile. */
export async function withCpuSeconds<T>(work: () => Promise<T>): Promise<{ result: T; cpuSeconds: number }> {
  const before = process.cpuUsage()
  const result = await work()
  const { user, system } = process.cpuUsage(before)
  return { result, cpuSeconds: (user + system) / 1e6 }
}
