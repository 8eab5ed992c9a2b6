/** The catalogue of a running gate: what is on record here, or what a project names. */
import { catalogue, type CatalogueEntry } from '../../catalogue/catalogue.ts';
import type { Evidence } from '../../core/evidence.ts';
import { formatPurl, parsePurl, type Purl } from '../../core/purl.ts';
import type { UpstreamId } from '../../core/subject.ts';
import type { CatalogueAnswer } from '../control/rebuild-protocol.ts';
import type { Gate } from '../gate.ts';
import { purlOf } from './answers.ts';

type Asked = Pick<Gate, 'rebuilding' | 'storage' | 'routes'>;

/** Evidence is read for each: more would keep the gate busy. */
const mostShown = 20_000;

/** Throws PURL_INVALID, STORAGE_*. */
export async function catalogueOf(
  gate: Asked,
  wanted: readonly string[] | undefined,
): Promise<CatalogueAnswer> {
  const purls = wanted === undefined ? await everything(gate) : wanted.map(purlOf);
  const entries: CatalogueEntry[] = [];
  const unknown: Purl[] = [];
  for (const purl of new Set(purls)) {
    const entry = await entryOf(gate, purl);
    if (entry === undefined) unknown.push(purl);
    else entries.push(entry);
  }
  const made = catalogue(entries, unknown);
  return {
    packages: made.entries.map(({ verdict, ...entry }) => ({
      ...entry,
      ...(verdict === undefined ? {} : { verdict }),
    })),
    secure: made.secure,
    community: made.community,
    unknown: [...made.unknown],
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
  return { artifact: record.artifact?.sha256, evidence };
}
