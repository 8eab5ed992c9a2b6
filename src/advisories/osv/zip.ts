/** The records of an ecosystem's `all.zip`, one at a time. */
import { readZip, type ZipLimits } from '../zip.ts';
import { readOsvText, type OsvReading } from './parse.ts';
import type { OsvRecord } from './record.ts';

const limits: ZipLimits = {
  members: 2_000_000,
  memberBytes: 8 * 1024 * 1024,
  totalBytes: 8 * 1024 * 1024 * 1024,
};
const mostShown = 20;

export interface OsvImport {
  readonly read: number;
  /** Records that cannot be read do not match anything: whoever imports must be told. */
  readonly refused: number;
  /** The first 20 of them. */
  readonly reasons: readonly { readonly file: string; readonly id: string; readonly why: string }[];
}

/** Throws FEED_UNREADABLE when the archive itself cannot be read; `onRecord` may have been called by then. */
export function readOsvZip(zip: Buffer, onRecord: (record: OsvRecord) => void): OsvImport {
  let [read, refused] = [0, 0];
  const reasons: { file: string; id: string; why: string }[] = [];
  const take = (file: string, reading: OsvReading): void => {
    if (reading.state === 'read') {
      read += 1;
      onRecord(reading.record);
      return;
    }
    refused += 1;
    if (reasons.length < mostShown) reasons.push({ file, id: reading.id, why: reading.why });
  };
  readZip(zip, limits, (name, bytes) => {
    if (name.endsWith('.json')) take(name.slice(0, 200).toWellFormed(), readOsvText(bytes.toString('utf8')));
  });
  return { read, refused, reasons };
}
