/** What `continuo backfill --help` teaches. */
export const EXPLAINED = `
When what a topology computes has changed, this release of it processes anew what there is, as a version of its own beside the old one:

  1. it says how far back that reaches, and what it will write, and asks
  2. version N reads from the beginning, with a group, state and topics of its own (<topic>.vN), and \`continuo sinks\` carries what it
     writes into tables of its own (<table>_vN); the old version goes on meanwhile, and so does all that is seen of it
  3. when it has caught up, names of tables are exchanged, and screens change over: who reads sees the old or the new, never a mix
  4. it goes on running version N until \`continuo run TOPOLOGY\` of this release has joined it, or until it is stopped

  --from kept    what the topics that it reads have kept: see their retention in schemas/topics.ts
  --from all     all plays in ClickHouse, and from where those end on what comes in plays-clean; for a topology that reads this topic alone.
                 They are first written to a topic of the version (<topology>.vN.history), which goes when they have been processed; what the
                 sink has set aside is not among them

Killed, or stopped by Ctrl-C, it goes on when the same command is given again, with nothing lost and nothing counted twice.

Processes of the old version go on until you stop them: they write to their own topics and tables, which nobody reads any more. Start
them with this release only after the switch, for with an old one they would run the new version by the old rules.
\`continuo reset TOPOLOGY@N\` removes a version that is not in service: its group, state, topics and tables.

  continuo backfill listening-totals --from kept
  continuo backfill listening-totals --from all --no-switch
  continuo status listening-totals
  continuo reset listening-totals@1`
