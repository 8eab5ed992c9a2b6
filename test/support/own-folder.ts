/** Folders of tests and benches that go also when those are killed: the next one that needs such a folder removes them. */
import { chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { makeOwnFolder, sweepOwnFolders, type OwnFolder } from '../../src/server/rebuilding/own-folder.ts';

/** Held as long as this process: a lock that is collected is a lock that is free. */
const held: OwnFolder[] = [];
const swept = new Set<string>();

/** Below the system's temporary folder; others may enter it. */
export function ownTestFolder(prefix: string): string {
  if (!swept.has(prefix)) {
    swept.add(prefix);
    sweepOwnFolders(tmpdir(), prefix).catch(() => undefined);
  }
  const own = makeOwnFolder(tmpdir(), prefix);
  held.push(own);
  chmodSync(own.path, 0o755);
  return own.path;
}
