/** What a source says about itself, read from a copy that was unpacked in the sandbox and is thrown away. */
import type { Sha256 } from '../../core/digest.ts';
import { AssayError } from '../../core/errors.ts';
import type { BaseRoot, BuildDeps, SourceArchive } from './deps.ts';
import { wantedFiles, type SourceFacts } from './infer/facts.ts';
import { digestsInside, listInside, readInside, topOf } from './inside-files.ts';
import { NotBuilt } from './not-built.ts';
import { unpackInside } from './tools.ts';

export interface InspectedSource extends Pick<SourceFacts, 'paths' | 'texts'> {
  /** Seconds: the newest file; undefined in an empty source. */
  readonly newest: number | undefined;
  /** The source has more entries than were listed. */
  readonly clipped: boolean;
  /** SHA-256 of the files that were listed, the first gibibyte of them. */
  readonly digests: readonly Sha256[];
}

const maxTextBytes = 16 * 1024 * 1024;
const maxTotal = 64 * 1024 * 1024;
const maxHashedBytes = 1024 ** 3;

/** @throws SOURCE_UNREADABLE (it is no archive); SANDBOX_*, BLOB_MISSING */
export async function inspectSource(
  deps: Pick<BuildDeps, 'sandbox' | 'blobs'>,
  source: SourceArchive,
  base: BaseRoot,
  signal?: AbortSignal,
): Promise<InspectedSource> {
  const workspace = await deps.sandbox.workspace();
  try {
    const out = await workspace.folder('source');
    const to = { out, strip: 0, given: 'archive', broken: 'no-source', signal } as const;
    await unpackInside(deps, workspace, source.digest, base, to).catch((error: unknown) => {
      throw error instanceof NotBuilt ? new AssayError('SOURCE_UNREADABLE', error.message) : error;
    });
    const top = await topOf(out);
    const { paths, clipped, newest } = await listInside(top);
    const texts = new Map<string, string>();
    let total = 0;
    for (const path of wantedFiles(paths)) {
      const text = await readInside(top, path, maxTextBytes);
      total += text?.length ?? 0;
      if (total > maxTotal) break;
      if (text !== undefined) texts.set(path, text);
    }
    const digests = await digestsInside(top, paths, maxHashedBytes);
    return { paths, texts, clipped, newest, digests };
  } finally {
    await workspace.remove();
  }
}
