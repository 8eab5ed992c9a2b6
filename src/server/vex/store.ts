/**
 * The VEX documents and statements that count: durable, recorded in the ledger, one change at a time. A document that cannot
 * be verified with the keys named now says nothing, and that is told.
 */
import type { VexDocument } from '../../advisories/vex/document.ts';
import { isEarlier } from '../../advisories/vex/document.ts';
import { sha256, type Sha256 } from '../../core/digest.ts';
import { forTerminal } from '../../core/encode.ts';
import { AssayError, isAssayError, messageOf } from '../../core/errors.ts';
import type { Ecosystem } from '../../core/purl.ts';
import type { Principal } from '../../core/subject.ts';
import { instantOf, rfc3339, type Clock } from '../../core/time.ts';
import type { VexStatement } from '../../core/vex.ts';
import type { FeedChange } from '../../ledger/feed-event.ts';
import type { VexSignerSettings } from '../config/settings.ts';
import type { FeedKeeping } from '../feeds/keeping.ts';
import type { FeedListener } from '../feeds/store.ts';
import { sourceName, type SourceDeps } from '../feeds/sources.ts';
import type { VexPool } from '../workers/vex-pool.ts';
import { fetchSigned, mostDocumentBytes, type VexRequest } from './fetching.ts';
import { inForce, indexOf, packagesIn } from './index-of.ts';
import { formatState, noVex, parseState, type KeptDocument, type Stated, type VexState } from './state.ts';
import { endOf, newStated, statementOf, type StatingRequest } from './stating.ts';

export interface VexStoreDeps {
  readonly keeping: FeedKeeping;
  readonly pool: Pick<VexPool, 'read'>;
  readonly sources: Pick<SourceDeps, 'files'>;
  /** Whom the operator named. */
  readonly signers: readonly VexSignerSettings[];
  readonly clock: Clock;
  /** Told of a document that is on record and does not count. */
  readonly onLost: (id: string, error: unknown) => void;
}

export interface VexDocumentState extends KeptDocument {
  /** Of its statements, how many count now. */
  readonly inForce: number;
  /** Statements that say nothing here, or not in the form that they must have. */
  readonly passedOver: number;
  /** Why it does not count. */
  readonly problem: string | undefined;
}

export interface VexStatus {
  readonly signers: readonly VexSignerSettings[];
  readonly documents: readonly VexDocumentState[];
  /** The operator's own. */
  readonly stated: readonly Stated[];
}

export interface VexOutcome {
  readonly document: VexDocumentState;
  /** It was there already: no entry was made. */
  readonly isSame: boolean;
  /** Packages that it says something about. */
  readonly packages: number;
}

export interface VexStore {
  /** Those within their window, by signers who are named and by the operator. */
  readonly inForce: () => readonly VexStatement[];
  /** The same about one package, whatever the version. */
  readonly about: (ecosystem: Ecosystem, name: string) => readonly VexStatement[];
  /**
   * Throws VEX_SIGNER_UNKNOWN, VEX_UNSIGNED, VEX_SIGNATURE_INVALID, VEX_INVALID, VEX_FOREIGN, VEX_EXPIRED, VEX_OLDER,
   * VEX_FULL, REQUEST_INVALID, UPSTREAM_*, STORAGE_*; then what was in force stays so. A newer version of a document by the
   * same signer takes the place of the earlier one.
   */
  readonly importFrom: (request: VexRequest, principal: Principal) => Promise<VexOutcome>;
  /** Throws REQUEST_INVALID, VEX_FULL, STORAGE_*. One about the same product and vulnerability takes the other's place. */
  readonly add: (request: StatingRequest, principal: Principal) => Promise<Stated>;
  /** A document or a statement. Throws VEX_UNKNOWN, STORAGE_*. */
  readonly remove: (id: string, principal: Principal) => Promise<void>;
  readonly status: () => VexStatus;
  /** As of the feeds. */
  readonly onChange: (listener: FeedListener) => void;
}

const mostDocuments = 200;
const mostStatements = 10_000;
const mostBytes = 64 * 1024 * 1024;
/** Clocks differ. */
const futureMs = 86_400_000;

type Read = Pick<VexDocument, 'name' | 'version' | 'time' | 'statements' | 'passedOver'>;

/** Throws FEED_SNAPSHOT_INVALID, STORAGE_*. */
export async function createVexStore(deps: VexStoreDeps): Promise<VexStore> {
  const { keeping, pool, clock, signers } = deps;
  const stored = await keeping.readState();
  let state: VexState = stored === undefined ? noVex : parseState(stored);
  /** By id, those that were verified. */
  const reads = new Map<string, Read>();
  const problems = new Map<string, string>();
  const listeners: FeedListener[] = [];
  let turn: Promise<unknown> = Promise.resolve();

  for (const kept of state.documents) await open(kept);
  let index = indexed();

  async function open(kept: KeptDocument): Promise<void> {
    try {
      const bytes = await keeping.read(kept.digest, mostDocumentBytes);
      const signature = kept.signature === undefined ? undefined : Buffer.from(kept.signature, 'base64');
      const read = await readBy(signerNamed(kept.signer), bytes, signature);
      reads.set(kept.id, endingBy(read, kept.until));
    } catch (error) {
      problems.set(kept.id, isAssayError(error) ? `${error.code}: ${error.message}` : messageOf(error));
      deps.onLost(kept.id, error);
    }
  }

  function signerNamed(name: string): VexSignerSettings {
    const signer = signers.find((one) => one.name === name);
    if (signer === undefined)
      throw new AssayError('VEX_SIGNER_UNKNOWN', `no signer is called ${JSON.stringify(name)}`);
    return signer;
  }

  function readBy(
    { name, key, validDays }: VexSignerSettings,
    bytes: Uint8Array,
    signature: Uint8Array | undefined,
  ): Promise<VexDocument> {
    return pool.read({ bytes, signature, signer: { name, validDays }, key });
  }

  function indexed(): ReturnType<typeof indexOf> {
    const documents = state.documents.flatMap(({ id }) => reads.get(id)?.statements ?? []);
    return indexOf([...state.stated.map(statementOf), ...documents]);
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = turn.then(work);
    turn = next.catch(() => undefined);
    return next;
  }

  /** What has ended is left out of what is kept from now on. */
  function living(): VexState {
    const now = clock().getTime();
    const endsOf = ({ id, ends }: KeptDocument): string => lastEnd(reads.get(id)?.statements) ?? ends;
    return {
      documents: state.documents.filter((one) => now < instantOf(endsOf(one))),
      stated: state.stated.filter(({ until }) => now < instantOf(until)),
    };
  }

  async function record(
    change: FeedChange,
    principal: Principal,
    stateOf: (entry: string) => VexState,
    learnt?: { readonly id: string; readonly read: Read },
  ): Promise<void> {
    let next = state;
    await keeping.record({ change, principal, time: rfc3339(clock()) }, (entry) => {
      next = stateOf(entry);
      return formatState(next);
    });
    const gone = state.documents.filter(({ id }) => !next.documents.some((one) => one.id === id));
    state = next;
    for (const { id } of gone) forget(id);
    if (learnt !== undefined) {
      forget(learnt.id);
      reads.set(learnt.id, learnt.read);
    }
    index = indexed();
    const used = new Set(next.documents.map(({ digest }) => digest));
    for (const { digest } of gone) if (!used.has(digest)) await keeping.remove(digest);
  }

  function forget(id: string): void {
    reads.delete(id);
    problems.delete(id);
  }

  async function tell(statements: readonly VexStatement[]): Promise<void> {
    for (const [ecosystem, names] of packagesIn(statements))
      for (const listener of listeners) await listener({ ecosystem, names });
  }

  async function importFrom(request: VexRequest, principal: Principal): Promise<VexOutcome> {
    const signer = signerNamed(request.signer);
    const until = request.until === undefined ? undefined : endOf(request.until, clock());
    const { bytes, signature } = await fetchSigned(request, deps.sources);
    const read = endingBy(await readBy(signer, bytes, signature), until);
    const ends = refuseEmpty(read, clock());
    const digest = sha256(bytes);
    const id = sha256(JSON.stringify([signer.name, digest])).slice(0, 12);
    const same = state.documents.find((one) => one.id === id && reads.has(id));
    if (same !== undefined && same.until === until)
      return { document: shown(same), isSame: true, packages: sizeOf(read.statements) };
    const { documents, stated } = living();
    const earlier = documents.find((one) => one.signer === signer.name && isOf(read, reads.get(one.id)));
    const before = same ?? earlier;
    const replaced = before === undefined ? undefined : reads.get(before.id);
    if (replaced !== undefined && isEarlier(read, replaced))
      throw new AssayError('VEX_OLDER', `version ${replaced.version} of the document is in force`);
    const others = documents.filter((one) => one.id !== id && one.id !== before?.id);
    refuseFull([...others, { statements: read.statements.length, sizeBytes: bytes.length }], stated.length);
    const source = forTerminal(sourceName(request.from), 500);
    const kept: Omit<KeptDocument, 'entry'> = {
      id,
      signer: signer.name,
      digest,
      sizeBytes: bytes.length,
      ...(signature !== undefined && { signature: Buffer.from(signature).toString('base64') }),
      ...(until !== undefined && { until }),
      ends,
      statements: read.statements.length,
      source,
      importedAt: rfc3339(clock()),
    };
    const change: FeedChange = {
      ...changeOf(kept, 'vex-import'),
      replaces: before?.digest === digest ? undefined : before?.digest,
    };
    await keeping.keep(bytes);
    let document: KeptDocument = { ...kept, entry: '' };
    const stateOf = (entry: string): VexState => {
      document = { ...kept, entry };
      return { documents: [...others, document], stated };
    };
    await record(change, principal, stateOf, { id, read });
    await tell([...read.statements, ...(replaced?.statements ?? [])]);
    return { document: shown(document), isSame: false, packages: sizeOf(read.statements) };
  }

  function changeOf(
    { signer, digest, statements, ends, source }: Omit<KeptDocument, 'entry'>,
    action: 'vex-import' | 'vex-removed',
  ): Extract<FeedChange, { readonly document: Sha256 }> {
    const key = signers.find((one) => one.name === signer)?.key;
    return {
      action,
      signer,
      key: key === undefined ? undefined : sha256(Buffer.from(key, 'base64')),
      document: digest,
      replaces: undefined,
      statements,
      until: ends,
      source,
    };
  }

  async function add(request: StatingRequest, principal: Principal): Promise<Stated> {
    const { documents, stated } = living();
    const made = newStated(request, principal, clock());
    const others = stated.filter(({ id }) => id !== made.id);
    refuseFull(documents, others.length + 1);
    let added: Stated = { ...made, entry: '' };
    const statement = statementOf(made);
    await record({ action: 'vex-stated', statement }, principal, (entry) => {
      added = { ...made, entry };
      return { documents, stated: [...others, added] };
    });
    await tell([statement]);
    return added;
  }

  async function remove(id: string, principal: Principal): Promise<void> {
    const { documents, stated } = living();
    const own = stated.find((one) => one.id === id);
    const document = documents.find((one) => one.id === id);
    if (own !== undefined) {
      const statement = statementOf(own);
      const others = stated.filter((one) => one !== own);
      await record({ action: 'vex-withdrawn', statement }, principal, () => ({ documents, stated: others }));
      await tell([statement]);
    } else if (document !== undefined) {
      const statements = reads.get(id)?.statements ?? [];
      const others = documents.filter((one) => one !== document);
      await record(changeOf(document, 'vex-removed'), principal, () => ({ documents: others, stated }));
      await tell(statements);
    } else throw new AssayError('VEX_UNKNOWN', `no VEX document or statement has the id ${id.slice(0, 100)}`);
  }

  function shown(kept: KeptDocument): VexDocumentState {
    const read = reads.get(kept.id);
    return {
      ...kept,
      inForce: inForce(read?.statements ?? [], clock()).length,
      passedOver: read?.passedOver ?? 0,
      problem: problems.get(kept.id),
    };
  }

  return {
    inForce: () => inForce(index.all, clock()),
    about: (ecosystem, name) => inForce(index.about(ecosystem, name), clock()),
    importFrom: (request, principal) => inTurn(() => importFrom(request, principal)),
    add: (request, principal) => inTurn(() => add(request, principal)),
    remove: (id, principal) => inTurn(() => remove(id, principal)),
    status: () => {
      const { documents, stated } = living();
      return { signers, documents: documents.map(shown), stated };
    },
    onChange: (listener) => void listeners.push(listener),
  };
}

/** Throws VEX_FULL. `stated`: how many the operator's own are. */
function refuseFull(
  documents: readonly Pick<KeptDocument, 'statements' | 'sizeBytes'>[],
  stated: number,
): void {
  const statements = documents.reduce((sum, one) => sum + one.statements, stated);
  const bytes = documents.reduce((sum, one) => sum + one.sizeBytes, 0);
  if (documents.length > mostDocuments || statements > mostStatements || bytes > mostBytes)
    throw new AssayError(
      'VEX_FULL',
      `there is room for ${mostDocuments} documents of ${mostBytes} bytes together, and for ${mostStatements} statements`,
    );
}

function sizeOf(statements: readonly VexStatement[]): number {
  return [...packagesIn(statements).values()].reduce((sum, names) => sum + names.length, 0);
}

/** Two versions of one document. */
function isOf({ name }: Read, other: Read | undefined): boolean {
  return name !== undefined && other?.name === name;
}

function endingBy(read: VexDocument, until: string | undefined): Read {
  const { name, version, time, passedOver } = read;
  const sooner = (end: string | undefined): string | undefined =>
    until === undefined || (end !== undefined && instantOf(end) <= instantOf(until)) ? end : until;
  const statements = read.statements.map((one) => ({ ...one, until: sooner(one.until) }));
  return { name, version, time, passedOver, statements };
}

function lastEnd(statements: readonly VexStatement[] = []): string | undefined {
  const ends = statements.flatMap(({ until }) => until ?? []);
  return ends.reduce<string | undefined>(
    (last, one) => (last === undefined || instantOf(last) < instantOf(one) ? one : last),
    undefined,
  );
}

/** When the last of its statements ends. Throws VEX_FOREIGN, VEX_EXPIRED, VEX_INVALID. */
function refuseEmpty({ statements, passedOver }: Read, now: Date): string {
  const ends = lastEnd(statements);
  if (ends === undefined)
    throw new AssayError(
      'VEX_FOREIGN',
      `none of its ${passedOver} statements says something about a package`,
    );
  if (instantOf(ends) <= now.getTime())
    throw new AssayError('VEX_EXPIRED', `the last of its statements ended at ${ends}`);
  if (statements.some(({ from }) => instantOf(from) > now.getTime() + futureMs))
    throw new AssayError('VEX_INVALID', 'a VEX document cannot be used: a statement is of the future');
  return ends;
}
