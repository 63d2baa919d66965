/** The addresses in `REDIS_URL`, apart by commas: of one server, or of some nodes of a cluster. */
export const redisUrlsIn = (redisUrl: string): string[] => redisUrl.split(/,(?=rediss?:\/\/)/)

/** Where it leads to, without user or password. */
export const redisHostsIn = (redisUrl: string): string =>
  redisUrlsIn(redisUrl)
    .map((url) => new URL(url).host)
    .join(', ')
