/**
 * What the channel has of a package. A version is served when policy lets it stand, its newest build here is good enough,
 * and the built file stood its checks. Nothing of it is remembered: an approval that is taken back counts at once.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Shelf, Shelves } from '../../admission/shelf.ts';
import type { AdmissionStore, ReleaseSummary } from '../../admission/deps.ts';
import { integrityOf, type Sha256 } from '../../core/digest.ts';
import { formatPurl, type Purl } from '../../core/purl.ts';
import type { Principal, UpstreamId } from '../../core/subject.ts';
import type { ServedBuilds } from '../../rebuild/attest/served.ts';
import type { BuiltVersion } from '../../registries/npm/built-index.ts';
import type { KnownBuilds } from '../rebuilding/known.ts';
import type { BuiltFile, BuiltFiles } from './built-files.ts';
import { reasonFor, withheldByPolicy, type NotServed } from './reasons.ts';
import type { BuiltSignatures } from './signatures.ts';

export interface OfferDeps {
  readonly serve: ServedBuilds;
  readonly shelves: Shelves;
  readonly store: Pick<AdmissionStore, 'releasesOf'>;
  readonly known: Pick<KnownBuilds, 'ofVersion' | 'missingToServe' | 'approvedOf'>;
  readonly files: BuiltFiles;
  readonly signatures: BuiltSignatures;
}

export interface MissingHere extends NotServed {
  readonly version: string;
  /** Policy hides it, on the main listener too. */
  readonly isWithheld: boolean;
  readonly isBuilt: boolean;
}

export interface Offer {
  readonly shelf: Shelf;
  readonly served: readonly BuiltVersion[];
  readonly missing: readonly MissingHere[];
}

export interface Offers {
  /** Undefined when upstream has no such package. Throws UPSTREAM_*, STORAGE_*. */
  readonly ofPackage: (
    upstream: UpstreamId,
    name: string,
    principal: Principal,
  ) => Promise<Offer | undefined>;
  /** The built file of a version whose upstream bytes are `artifact`. Throws STORAGE_*. */
  readonly ofVersion: (purl: Purl, artifact: Sha256 | undefined) => Promise<BuiltFile | NotServed>;
}

const atOnce = 500;

export function createOffers(deps: OfferDeps): Offers {
  const ofVersion = (purl: Purl, artifact: Sha256 | undefined): Promise<BuiltFile | NotServed> =>
    fileOf(deps, purl, artifact);
  return {
    ofVersion,
    ofPackage: async (upstream, name, principal) => {
      const shelf = await deps.shelves.show({ upstream, name, principal });
      if (shelf === undefined) return undefined;
      const releases = await deps.store.releasesOf(upstream, name);
      const served: BuiltVersion[] = [];
      const missing: MissingHere[] = shelf.hidden.map(({ version, why }) => ({
        version,
        ...withheldByPolicy(formatPurl('npm', name, version), why),
        isWithheld: true,
        isBuilt: false,
      }));
      for (const [place, one] of standingOn(shelf, releases).entries()) {
        // Indexes of thousands of versions must keep nobody waiting.
        if (place % atOnce === atOnce - 1) await nextTurn();
        const { version } = one;
        const purl = formatPurl('npm', name, version);
        const isBuilt = deps.known.ofVersion(purl).length > 0;
        const file = isBuilt ? await ofVersion(purl, one.artifact) : notBuilt(deps, purl);
        if (isServed(file)) served.push(await listed(deps, name, one, file));
        else missing.push({ version, ...file, isWithheld: false, isBuilt });
      }
      return { shelf, served, missing };
    },
  };
}

export function isServed(file: BuiltFile | NotServed): file is BuiltFile {
  return 'state' in file;
}

async function fileOf(
  { known, serve, files }: OfferDeps,
  purl: Purl,
  artifact: Sha256 | undefined,
): Promise<BuiltFile | NotServed> {
  const [build] = known.ofVersion(purl);
  const about = artifact ?? build?.record.artifact;
  if (build === undefined || about === undefined) return notBuilt({ known }, purl);
  const missing = known.missingToServe(purl, about, serve);
  if (missing !== undefined) return reasonFor(known, purl, build, missing);
  const file = await files.of(build);
  return file.state === 'ready' ? file : { short: 'its built file cannot be served', why: file.why };
}

function notBuilt({ known }: Pick<OfferDeps, 'known'>, purl: Purl): NotServed {
  return reasonFor(known, purl, undefined, '');
}

interface Standing {
  readonly version: string;
  readonly file: string;
  readonly time: string | undefined;
  readonly deprecated: string | undefined;
  /** Of upstream's bytes, where they were assayed. */
  readonly artifact: Sha256 | undefined;
}

/** What a client of the main listener sees, in upstream's order. */
function standingOn(shelf: Shelf, releases: readonly ReleaseSummary[]): readonly Standing[] {
  const admitted = new Map(
    releases.flatMap((one) => (one.admittedAt === undefined ? [] : [[one.version, one] as const])),
  );
  const visible = new Set(shelf.visible);
  const ofUpstream = shelf.view.versions
    .filter(({ version }) => visible.has(version))
    .map(({ version, file, claimedTime, deprecated }) => ({
      version,
      file: admitted.get(version)?.file ?? file,
      time: claimedTime,
      deprecated,
      artifact: admitted.get(version)?.digests?.sha256,
    }));
  const kept = shelf.kept.flatMap(({ version, time }) => {
    const release = admitted.get(version);
    if (release === undefined || visible.has(version)) return [];
    return [{ version, file: release.file, time, deprecated: undefined, artifact: release.digests?.sha256 }];
  });
  return [...ofUpstream, ...kept];
}

async function listed(
  { signatures }: OfferDeps,
  name: string,
  { version, file, time, deprecated }: Standing,
  { digests, manifest, build }: BuiltFile,
): Promise<BuiltVersion> {
  const integrity = integrityOf(digests.sha512);
  return {
    version,
    file,
    manifest,
    digests,
    signatures: await signatures.of({ name, version, integrity }),
    time,
    deprecated,
    proof: { build: build.id, entry: build.eventId, provenance: build.provenance ?? '' },
  };
}
