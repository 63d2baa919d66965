import { join } from 'node:path'
import type { Downloads } from '../downloads/cache.ts'

/** The oldest Java that runs the services and keeps their classes. */
export const javaVersion = 21

/**
 * Options by which a JVM writes its loaded classes down when it first ends in order, and maps them at its next start, which
 * then takes half the CPU (JEP 350; JDK 19 made it automatic). An archive of another JVM, or one cut short, is ignored and
 * written anew.
 */
export const keepClasses = ({ folder }: Downloads, application: string): string[] => [
  '-XX:+AutoCreateSharedArchive',
  `-XX:SharedArchiveFile=${join(folder, `${application}.jsa`)}`,
  // Where the runtime has no base archive there is nothing to add to: no reason for a warning.
  '-Xlog:cds=off',
  '-Xlog:cds+dynamic=off',
]
