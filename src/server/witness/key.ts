/** The witness's key file: made once, closed to others, and refused when it is not. */
import { randomBytes } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import { encodeKeyFile, parseKeyFile, type SigningKey } from '../../ledger/signing/key-file.ts';
import { isOrigin } from '../../ledger/signing/origin.ts';
import { errnoOf, nodeFileSystem, syncDirectory } from '../../storage/durable.ts';
import { witnessUnusable } from './store.ts';

/** Throws LEDGER_WITNESS_UNUSABLE, also when there is a file already: a key is never written over. */
export async function makeWitnessKey(path: string, name: string): Promise<SigningKey> {
  if (!isOrigin(name))
    throw witnessUnusable(
      `${JSON.stringify(name.slice(0, 100))} is no name of a witness`,
      'Use a name such as witness.example.com/w1: at most 80 printable characters without spaces and +.',
    );
  const text = encodeKeyFile(name, 'cosignature', randomBytes(32));
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await syncDirectory(nodeFileSystem, dirname(path));
  } catch (error) {
    throw witnessUnusable(`cannot make ${path}: ${messageOf(error)}`);
  }
  return readWitnessKey(path);
}

/** Throws LEDGER_WITNESS_UNUSABLE. */
export async function readWitnessKey(path: string): Promise<SigningKey> {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0)
      throw witnessUnusable(
        `${path} is open to others (mode ${(mode & 0o777).toString(8)})`,
        `Run chmod 600 ${path} after making sure that nobody copied the key.`,
      );
    const key = parseKeyFile(await readFile(path, 'utf8'), 'cosignature');
    if (key === undefined) throw witnessUnusable(`${path} is no key of a witness`);
    return key;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw witnessUnusable(`there is no key at ${path}`);
    throw error;
  }
}
