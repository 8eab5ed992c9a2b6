/** The log's name: configured, or made up once and kept for ever. */
import { randomBytes } from 'node:crypto';
import { caseIdFrom } from '../../core/case.ts';
import type { HeadStore } from '../../ledger/log/deps.ts';

/** No host has this name (RFC 6761 section 6.4); 130 random bits keep two logs from having one. */
function madeUpOrigin(): string {
  return `assay.invalid/${(caseIdFrom(randomBytes(13)) + caseIdFrom(randomBytes(13))).toLowerCase()}`;
}

/** The name in the head row, which is made at the very first start. Throws STORAGE_*. */
export async function inaugurated(heads: HeadStore, configured: string | undefined): Promise<string> {
  const head = await heads.head();
  if (head !== undefined) return head.origin;
  await heads.inaugurate(configured ?? madeUpOrigin());
  return (await heads.head())?.origin ?? '';
}
