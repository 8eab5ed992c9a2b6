/** Everything admission is given, once, when it is composed. */
import type { Collector } from '../core/collector.ts';
import type { Epochs } from '../core/decision.ts';
import type { Ecosystem } from '../core/purl.ts';
import type { UpstreamId } from '../core/subject.ts';
import type { Clock } from '../core/time.ts';
import type { TrustMaterial } from '../core/trust.ts';
import type {
  AdmissionStore,
  ArchiveReader,
  AskForge,
  AttestationsOf,
  BlobStore,
  EventMaker,
  FactsMaker,
  History,
  IndexReader,
  KnowledgeOf,
  PackageName,
  PolicyEngine,
  PullsOf,
  UpstreamClient,
  VersionOrder,
} from './deps.ts';
import type { BehaviourOf, BehaviourWanted } from './behaviour-deps.ts';
import type { PackageScanner, ScanStore } from './scan-deps.ts';
import type { Indexes } from './indexes.ts';
import type { InTurn } from './turns.ts';

export interface Rooms {
  readonly store: AdmissionStore;
  readonly blobs: BlobStore;
  readonly upstream: UpstreamClient;
  readonly identityHostOf: (upstream: string) => string;
  readonly archive: ArchiveReader;
  readonly indexReader: IndexReader;
  readonly indexes: Indexes;
  /** Which upstream answers for a package; undefined: none does, or it is no name. */
  readonly routeOf: (
    name: string,
  ) => { readonly upstream: UpstreamId; readonly needsToken: boolean } | undefined;
  readonly attestations: AttestationsOf;
  readonly askForge: AskForge;
  readonly history: History;
  /** As it is now: it changes while the gate runs. */
  readonly trust: () => TrustMaterial;
  /** Asks an upstream for its keys, where nobody else vouches for any, so that `trust` has them. Never throws. */
  readonly learnKeys?: (upstream: string) => Promise<void>;
  readonly scanner: PackageScanner;
  readonly scans: ScanStore;
  readonly behaviour: BehaviourOf;
  readonly behaviourWanted?: BehaviourWanted;
  readonly knowledge: KnowledgeOf;
  readonly pulls: PullsOf;
  readonly collectors: readonly Collector[];
  readonly policy: PolicyEngine;
  readonly facts: FactsMaker;
  readonly makeEvent: EventMaker;
  readonly order: Readonly<Partial<Record<Ecosystem, VersionOrder>>>;
  /** The counters as they concern a package: `feeds` is that of the newest change which says something of it. */
  readonly epochs: (about: PackageName) => Epochs;
  /** Of one release, one decision after another. */
  readonly inTurn: InTurn;
  readonly clock: Clock;
  readonly randomBytes: (count: number) => Uint8Array;
}
