/** The catalogue of a running gate: what is on record here, or what a project names. */
import { claimsMatch } from '../../admission/claims.ts';
import { closureShare } from '../../catalogue/closure.ts';
import { catalogue, type CatalogueEntry } from '../../catalogue/catalogue.ts';
import { summaryOf, type SetSummary } from '../../catalogue/summary.ts';
import { parseIntegrity } from '../../core/digest.ts';
import type { Evidence } from '../../core/evidence.ts';
import { AssayError } from '../../core/errors.ts';
import { formatPurl, parsePurl, type Purl } from '../../core/purl.ts';
import type { UpstreamId } from '../../core/subject.ts';
import type {
  CatalogueAnswer,
  CatalogueLine,
  CatalogueRequest,
  ReleaseCatalogue,
} from '../control/catalogue-protocol.ts';
import type { Gate } from '../gate.ts';
import { isServed } from '../secure-channel/offer.ts';
import { newestBuild, purlOf, recordOf } from './answers.ts';
import { resolveClosure, type ClosureGate } from './closure.ts';
import { standsOnShown } from './stands-on.ts';

type Asked = Pick<Gate, 'rebuilding' | 'storage' | 'routes'>;
type AskedOfLocked = Asked & Pick<Gate, 'secureChannel'>;

/** Evidence is read for each: more would keep the gate busy. */
const mostShown = 20_000;

/** Throws PURL_INVALID, STORAGE_*. */
export async function catalogueOf(
  gate: AskedOfLocked,
  { purls: wanted, integrity = {} }: CatalogueRequest,
): Promise<CatalogueAnswer> {
  const locked = new Map(Object.entries(integrity).map(([purl, texts]) => [purlOf(purl), texts]));
  const purls = wanted === undefined ? await everything(gate) : wanted.map(purlOf);
  const entries: CatalogueEntry[] = [];
  const unknown: Purl[] = [];
  for (const purl of new Set(purls)) {
    const entry = await entryOf(gate, purl);
    if (entry === undefined) unknown.push(purl);
    else entries.push(await asLocked(gate, entry, locked.get(purl) ?? []));
  }
  const made = catalogue(entries, unknown);
  return {
    packages: made.entries.map(lineOf),
    secure: made.secure,
    community: made.community,
    unknown: [...made.unknown],
    summary: summaryShown(summaryOf(made.entries, made.unknown.length)),
  };
}

function summaryShown({ securePercent, grades, reasons, ...counts }: SetSummary): CatalogueAnswer['summary'] {
  return {
    ...counts,
    ...(securePercent === undefined ? {} : { securePercent }),
    grades: { ...grades },
    reasons: reasons.map((one) => ({ ...one })),
  };
}

function lineOf({ verdict, ...entry }: CatalogueEntry): CatalogueLine {
  return { ...entry, ...(verdict === undefined ? {} : { verdict }) };
}

/** One release: its class, what its build stands on, and its dependencies as an install would take them now. Throws PURL_INVALID, UPSTREAM_*, BLOB_*, STORAGE_*. */
export async function catalogueOfRelease(
  gate: Asked & ClosureGate,
  query: string,
): Promise<ReleaseCatalogue> {
  const purl = purlOf(query);
  const { version } = parsePurl(purl);
  if (version === undefined)
    throw new AssayError('PURL_INVALID', `${purl} names no version`, { hint: `For example ${purl}@1.0.0` });
  const entry = await entryOf(gate, purl);
  const stands = await foundationOf(gate, purl);
  const closure = await closureOf(gate, purl);
  return {
    purl,
    ...(entry === undefined ? {} : { release: lineOf(entry) }),
    ...(stands === undefined ? {} : { standsOn: stands }),
    ...(closure === undefined ? {} : { closure }),
  };
}

/** Undefined: it was not built here. Throws BLOB_*, STORAGE_*. */
export async function foundationOf(
  gate: Pick<Gate, 'rebuilding' | 'storage'>,
  purl: Purl,
): Promise<ReleaseCatalogue['standsOn']> {
  if (gate.rebuilding.known.ofVersion(purl).length === 0) return undefined;
  const build = await newestBuild(gate, purl);
  return standsOnShown(gate, await recordOf(gate, build));
}

async function closureOf(gate: Asked & ClosureGate, purl: Purl): Promise<ReleaseCatalogue['closure']> {
  const resolved = await resolveClosure(gate, purl);
  if (resolved === undefined) return undefined;
  const { purls, unresolved, clipped } = resolved;
  const entries = new Map<Purl, CatalogueEntry>();
  for (const one of purls) {
    const entry = await entryOf(gate, one);
    if (entry !== undefined) entries.set(one, entry);
  }
  const made = catalogue([...entries.values()], purls);
  const share = closureShare(purls, (one) => entries.get(one), unresolved.length, clipped);
  return {
    ...share,
    packages: made.entries.map(lineOf),
    unknownPackages: [...made.unknown, ...unresolved],
  };
}

async function everything({ storage, rebuilding }: Asked): Promise<readonly Purl[]> {
  const purls: Purl[] = [...rebuilding.known.versions()];
  for (const { ecosystem, upstream, name } of await storage.admission.packages()) {
    if (purls.length >= mostShown) break;
    const releases = await storage.admission.releasesOf(upstream, name);
    const admitted = releases.filter(({ admittedAt }) => admittedAt !== undefined);
    purls.push(...admitted.map(({ version }) => formatPurl(ecosystem, name, version)));
  }
  return purls;
}

async function entryOf(gate: Asked, purl: Purl): Promise<CatalogueEntry | undefined> {
  const { ecosystem, name, version } = parsePurl(purl);
  const [build] = gate.rebuilding.known.ofVersion(purl);
  const upstream = ecosystem === 'npm' ? gate.routes(name)?.upstream : undefined;
  const release = upstream === undefined ? undefined : await releaseOf(gate, upstream, name, version);
  const artifact = release?.artifact ?? build?.record.artifact;
  if (artifact === undefined) return undefined;
  const verified = (kind: string): boolean =>
    release?.evidence.some((one) => one.kind === kind && one.result === 'pass') ?? false;
  const upstreamSays = { attested: verified('provenance'), signed: verified('signatures') };
  const outcome = build?.record.outcome;
  return {
    purl,
    ...gate.rebuilding.known.classOf(purl, artifact, upstreamSays),
    verdict:
      outcome === undefined
        ? undefined
        : outcome.state === 'compared'
          ? outcome.comparison.verdict
          : 'not-built',
  };
}

/** A lockfile that means other bytes than those that were compared here means no Secure package. */
async function asLocked(
  gate: AskedOfLocked,
  entry: CatalogueEntry,
  integrity: readonly string[],
): Promise<CatalogueEntry> {
  if (entry.class !== 'secure') return entry;
  const { ecosystem, name, version } = parsePurl(entry.purl);
  const upstream = ecosystem === 'npm' ? gate.routes(name)?.upstream : undefined;
  const release = upstream === undefined ? undefined : await releaseOf(gate, upstream, name, version);
  const digests = release?.digests;
  const built =
    digests === undefined ? undefined : await gate.secureChannel.offers.ofVersion(entry.purl, digests.sha256);
  const known = [
    ...(digests === undefined ? [] : [digests]),
    ...(built !== undefined && isServed(built) ? [built.digests] : []),
  ];
  const isMeant = (text: string): boolean =>
    known.some((one) => claimsMatch(parseIntegrity(text), one) === 'same');
  if (integrity.every(isMeant)) return entry;
  const because = 'The lockfile means other bytes than those that were built and compared here.';
  return { ...entry, class: 'community', grade: 'unverified', because };
}

async function releaseOf(
  { storage }: Asked,
  upstream: UpstreamId,
  name: string,
  version: string | undefined,
) {
  const releases = await storage.admission.releasesOf(upstream, name);
  const known = releases.find((one) => one.version === version);
  const record = known === undefined ? undefined : await storage.admission.release(known.id);
  if (record === undefined) return undefined;
  const evidence: readonly Evidence[] = record.evidence;
  return { artifact: record.artifact?.sha256, digests: record.artifact, evidence };
}
