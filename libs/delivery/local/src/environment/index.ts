export { readIfPresent, removeUnfinishedWrites, writeDurably } from './durable-file.ts';
export { FileInbox, type RolloutRequest } from './file-inbox.ts';
export { FileJournal, type JournalContent, listRollouts, readJournal } from './file-journal.ts';
export {
  FileLease,
  type LeaseHolder,
  currentHolder,
  currentUser,
  highestFence,
} from './file-lease.ts';
export { FileReleaseRecord } from './file-release-record.ts';
export { LocalTrafficRouter } from './local-traffic-router.ts';
export { type LocalService, LocalWorkload } from './local-workload.ts';
export { systemClock } from './system-clock.ts';
export { type ListedMigration, listMigrations } from './migration-list.ts';
