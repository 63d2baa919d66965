/**
 * Which epoch of pseudonyms the topics, tables and stores beside it are in, so that nobody makes those of another. It is compacted: the last record counts.
 *
 *     epoch     {"epoch":2}                                   without a record: no epoch but the first has ever been
 *     epoch     {"epoch":2,"pending":true}                    it is to be brought in: nothing starts
 *     epoch     {"epoch":2,"pending":true,"begun":true}       some of it has been
 */
export const pseudonymsTopic = {
  name: 'continuo-pseudonyms',
  partitions: 1,
  config: { 'cleanup.policy': 'compact' },
} as const
