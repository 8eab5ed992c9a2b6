/**
 * Our own strict tar reader: an allow-list. Regular files and directories, named by ustar, PAX `path` or GNU long
 * names; whatever readers are known to read differently ends the reading with a finding. Pure: bytes in, listing out.
 *
 * It takes unzipped bytes in pieces of any size and keeps none of them but the manifest's.
 */
import { createHash, type Hash } from 'node:crypto';
import type { ArchiveLimits, ArchiveMember, NestedManifests } from '../core/archive-reading.ts';
import { sha256, type Sha256 } from '../core/digest.ts';
import type { EvidenceItem } from '../core/evidence.ts';
import { clip, finding, maxFindings, type FindingId } from './findings.ts';
import { metaBytes } from './limits.ts';
import { pathFindings, withoutInnerDots } from './member-path.ts';
import { createNameTree, type NameTree } from './name-tree.ts';
import { createNestedKeeper, type NestedKeeper } from './nested.ts';
import { isZero, utf8 } from './tar-fields.ts';
import { readTarHeader, type TarHeader } from './tar-header.ts';
import { readPax, type PaxHeader } from './tar-pax.ts';
import { twinFindings } from './twins.ts';
import { layoutFindings } from './top-folder.ts';

export type TarLimits = Pick<ArchiveLimits, 'entries' | 'pathBytes' | 'pathDepth' | 'manifestBytes'>;

export interface TarReader {
  /** False once reading has ended with a finding: the rest need not be fed. */
  readonly write: (chunk: Uint8Array) => boolean;
  /** To be called once, after the last chunk. */
  readonly end: () => TarListing;
}

export interface TarListing {
  readonly members: readonly ArchiveMember[];
  /** Empty when the archive is accepted. */
  readonly findings: readonly EvidenceItem[];
  /** Content bytes of all members. */
  readonly totalBytes: number;
  /** Content of the kept file; undefined when there is none or it is over `manifestBytes`. */
  readonly kept: Uint8Array | undefined;
  readonly nested: NestedManifests;
}

/** `keep` says which one file's content is handed out, `keepNested` which others are kept as nested manifests. */
export function createTarReader(
  limits: TarLimits,
  keep: (path: string) => boolean,
  keepNested: (path: string) => boolean = () => false,
): TarReader {
  const state = startState(limits, keep, keepNested);
  return {
    write: (chunk) => {
      let at = 0;
      while (at < chunk.length && !state.stopped) at += step(state, chunk.subarray(at));
      return !state.stopped;
    },
    end: () => finish(state),
  };
}

interface Body {
  /** Content bytes still to come, then padding bytes. */
  remaining: number;
  padding: number;
  readonly consume: (bytes: Uint8Array) => void;
  readonly done: () => void;
  /** Python's tarfile reads records on into the padding of a PAX header. */
  readonly zeroPadding: boolean;
}

interface State {
  readonly limits: TarLimits;
  readonly keep: (path: string) => boolean;
  readonly keepNested: (path: string) => boolean;
  readonly names: NameTree;
  readonly members: ArchiveMember[];
  /** Path → spelling of the member that had it first, where the two differ. */
  readonly dotted: Map<string, string>;
  readonly findings: EvidenceItem[];
  readonly block: Buffer;
  blockFilled: number;
  headers: number;
  totalBytes: number;
  body: Body | undefined;
  /** What extended headers said of the next member. */
  pending: { readonly path: Uint8Array | undefined; readonly pax: PaxHeader | undefined } | undefined;
  kept: Uint8Array | undefined;
  readonly nested: NestedKeeper;
  /** A zero block was seen: from here on everything must be zero. */
  ended: boolean;
  stopped: boolean;
}

function startState(limits: TarLimits, keep: State['keep'], keepNested: State['keepNested']): State {
  return {
    limits,
    keep,
    keepNested,
    names: createNameTree(2 * limits.entries + 1024),
    members: [],
    dotted: new Map(),
    findings: [],
    block: Buffer.alloc(512),
    blockFilled: 0,
    headers: 0,
    totalBytes: 0,
    body: undefined,
    pending: undefined,
    kept: undefined,
    nested: createNestedKeeper(limits.manifestBytes),
    ended: false,
    stopped: false,
  };
}

/** Consumes some bytes (at least one) and says how many. */
function step(state: State, bytes: Uint8Array): number {
  if (state.ended) {
    if (!isZero(bytes)) stop(state, 'archive/data-after-end');
    state.blockFilled = (state.blockFilled + bytes.length) % 512;
    return bytes.length;
  }
  if (state.body !== undefined) return stepBody(state, state.body, bytes);
  const taken = Math.min(512 - state.blockFilled, bytes.length);
  state.block.set(bytes.subarray(0, taken), state.blockFilled);
  state.blockFilled += taken;
  if (state.blockFilled === 512) {
    state.blockFilled = 0;
    takeBlock(state);
  }
  return taken;
}

function stepBody(state: State, body: Body, bytes: Uint8Array): number {
  const content = bytes.subarray(0, body.remaining);
  if (content.length > 0) {
    body.consume(content);
    body.remaining -= content.length;
  }
  const padding = Math.min(body.padding, bytes.length - content.length);
  if (body.remaining === 0) body.padding -= padding;
  if (body.zeroPadding && !isZero(bytes.subarray(content.length, content.length + padding))) {
    stop(state, 'archive/field-junk', 'padding of an extended header');
  }
  if (body.remaining === 0 && body.padding === 0) {
    state.body = undefined;
    body.done();
  }
  return content.length + padding;
}

function takeBlock(state: State): void {
  if (isZero(state.block)) {
    state.ended = true;
    return;
  }
  state.headers += 1;
  if (state.headers > 3 * state.limits.entries) return stop(state, 'archive/too-many-entries');
  const read = readTarHeader(state.block);
  if ('problem' in read) return stopWith(state, read.problem);
  const { header } = read;
  switch (header.flag) {
    case '0':
    case '5':
      return takeMember(state, header);
    case 'x':
    case 'g':
      return takeMeta(state, header, (data) =>
        takePax(state, header.flag === 'g' ? 'global' : 'local', data),
      );
    case 'L':
      return takeMeta(state, header, (data) => takeLongName(state, data));
    default:
      return stop(state, refusedTypes[header.flag] ?? 'archive/member-type', describeRefused(header));
  }
}

/** Other flags (contiguous files, multi-volume parts, dump directories, vendor types) are `archive/member-type`. */
const refusedTypes: Readonly<Record<string, FindingId>> = {
  '1': 'archive/hardlink',
  '2': 'archive/symlink',
  '3': 'archive/device',
  '4': 'archive/device',
  '6': 'archive/fifo',
  S: 'archive/sparse',
};

function describeRefused(header: TarHeader): string {
  const path = clip(Buffer.from(header.rawPath).toString('utf8'));
  return `${JSON.stringify(path)}, type ${JSON.stringify(header.flag)}, ${header.sizeBytes} bytes`;
}

// ---- extended headers ----

function takeMeta(state: State, header: TarHeader, use: (data: Buffer) => void): void {
  // A second header would be combined with the first, and its own size is where readers part (GHSA-vmf3-w455-68vh).
  if (state.pending !== undefined) return stop(state, 'archive/meta-stacked');
  // Its name says nothing, but node-tar wants one.
  if (header.rawPath.length === 0) return stop(state, 'archive/path-empty', 'extended header');
  // tar-stream goes on to read the next member's content as this header's records.
  if (header.sizeBytes === 0) return stop(state, 'archive/meta-empty');
  if (header.sizeBytes > metaBytes) return stop(state, 'archive/meta-too-large', `${header.sizeBytes} bytes`);
  const data = Buffer.alloc(header.sizeBytes);
  let filled = 0;
  const consume = (bytes: Uint8Array): void => {
    data.set(bytes, filled);
    filled += bytes.length;
  };
  startBody(state, header.sizeBytes, consume, () => use(data), true);
}

function takePax(state: State, scope: 'local' | 'global', data: Buffer): void {
  const read = readPax(data, scope);
  if ('problem' in read) return stopWith(state, read.problem);
  if (scope === 'local') state.pending = { path: read.pax.path, pax: read.pax };
}

/** GNU tar's `L`: the name and one NUL. */
function takeLongName(state: State, data: Buffer): void {
  const path = data.at(-1) === 0 ? data.subarray(0, -1) : data;
  if (path.length === 0 || path.includes(0)) return stop(state, 'archive/path-control', 'long name');
  state.pending = { path, pax: undefined };
}

// ---- members ----

function takeMember(state: State, header: TarHeader): void {
  const { pending } = state;
  state.pending = undefined;
  const declared = pending?.pax?.sizeBytes;
  if (declared !== undefined && declared !== header.sizeBytes) {
    return stop(state, 'archive/pax-size', `${declared} and ${header.sizeBytes} bytes`);
  }
  const isFile = header.flag === '0';
  // Whatever an extended header says: pnpm takes a header that begins with NUL for the end, and Python's tarfile a
  // file whose header names it with a slash for a directory.
  if (header.rawPath.length === 0) return stop(state, 'archive/path-empty', 'the name in the header itself');
  if (isFile && header.rawPath.at(-1) === 0x2f)
    note(state, 'archive/trailing-slash-file', 'in the header itself');
  if (!isFile && header.sizeBytes > 0) return stop(state, 'archive/directory-size', describeRefused(header));
  if (state.members.length >= state.limits.entries) {
    return stop(state, 'archive/too-many-entries', `more than ${state.limits.entries}`);
  }
  const path = memberPath(state, pending?.path ?? header.rawPath, isFile);
  const mode = header.mode & 0o7777;
  if (mode & 0o7000) note(state, 'archive/special-mode', `${JSON.stringify(path)}, mode ${mode.toString(8)}`);
  if (path === undefined || state.stopped) return;
  if (isFile) startFile(state, path, mode, header.sizeBytes);
  else state.members.push({ path, type: 'directory', mode, sizeBytes: 0, sha256: emptySha256 });
}

const emptySha256 = sha256('');

/** Notes what is wrong with a path; undefined (and stopped) only when it is no text at all. */
function memberPath(state: State, raw: Uint8Array, isFile: boolean): string | undefined {
  const text = utf8(raw);
  if (text === undefined) {
    stop(state, 'archive/path-encoding', JSON.stringify(Buffer.from(raw).toString('latin1')));
    return undefined;
  }
  const slashed = text.length > 1 && text.endsWith('/');
  if ((slashed || text.endsWith('/.')) && isFile)
    note(state, 'archive/trailing-slash-file', JSON.stringify(text));
  const spelled = slashed ? text.slice(0, -1) : text;
  const path = withoutInnerDots(spelled);
  const problems = pathFindings(path, state.limits);
  for (const id of problems) note(state, id, JSON.stringify(clip(path)));
  if (problems.length > 0) return path;
  const clash = state.names.add(path, isFile ? 'file' : 'directory');
  const before = state.dotted.get(path) ?? path;
  if (spelled !== path && clash === undefined) state.dotted.set(path, spelled);
  const respelled = clash?.id === 'archive/duplicate-path' && spelled !== before && isFile;
  if (clash !== undefined && !respelled) {
    const names = clash.other === undefined ? [path] : [clash.other, path];
    note(state, clash.id, names.map((name) => JSON.stringify(clip(name))).join(' and '));
  }
  return path;
}

function startFile(state: State, path: string, mode: number, sizeBytes: number): void {
  state.totalBytes += sizeBytes;
  const hash: Hash = createHash('sha256');
  const keeping = state.kept === undefined && sizeBytes <= state.limits.manifestBytes && state.keep(path);
  const nested = !keeping && state.keepNested(path);
  const pieces: Uint8Array[] = [];
  const consume = (bytes: Uint8Array): void => {
    hash.update(bytes);
    if (keeping || (nested && state.nested.hasRoomFor(sizeBytes))) pieces.push(Uint8Array.from(bytes));
  };
  startBody(state, sizeBytes, consume, () => {
    state.members.push({ path, type: 'file', mode, sizeBytes, sha256: hash.digest('hex') as Sha256 });
    if (keeping) state.kept = Buffer.concat(pieces);
    else if (nested) state.nested.add(path, pieces, sizeBytes);
  });
}

function startBody(
  state: State,
  sizeBytes: number,
  consume: (bytes: Uint8Array) => void,
  done: () => void,
  zeroPadding = false,
): void {
  if (sizeBytes === 0) return done();
  const padding = (512 - (sizeBytes % 512)) % 512;
  state.body = { remaining: sizeBytes, padding, consume, done, zeroPadding };
}

// ---- the end ----

/**
 * No end marker, one zero block or many: every reader we compared with reads these alike (all 1,628 measured
 * archives have at least two). What follows the first zero block must be zero: GNU tar stops there, node-tar does not.
 */
function finish(state: State): TarListing {
  if (!state.stopped) {
    if (state.body !== undefined) note(state, 'archive/truncated');
    else if (state.blockFilled > 0) note(state, 'archive/partial-block');
    if (state.pending !== undefined) note(state, 'archive/meta-dangling');
    if (state.members.length === 0 && state.findings.length === 0) note(state, 'archive/empty');
    for (const item of layoutFindings(state.members)) state.findings.push(item);
    for (const item of twinFindings(state.members)) state.findings.push(item);
  }
  const { members, findings, totalBytes, kept } = state;
  const nested = state.nested.result();
  return { members, findings: findings.slice(0, maxFindings), totalBytes, kept, nested };
}

function note(state: State, id: FindingId, detail = ''): void {
  state.findings.push(finding(id, detail));
  if (state.findings.length >= maxFindings) state.stopped = true;
}

function stop(state: State, id: FindingId, detail = ''): void {
  stopWith(state, finding(id, detail));
}

function stopWith(state: State, problem: EvidenceItem): void {
  state.findings.push(problem);
  state.stopped = true;
}
