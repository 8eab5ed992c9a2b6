/**
 * What `npm audit`, `pnpm audit` and `yarn audit` ask, and what they take as an answer. Two protocols: the bulk one (npm 7
 * and later, pnpm 11 and later, Yarn Berry) sends names with versions; the older one (npm 6, pnpm 10, Yarn 1, paths
 * `audits` and `audits/quick`) sends the whole tree. Names and versions in both are hostile.
 */
import type { AdvisoryLookup, AdvisoryMatch, Severity } from '../../core/advisory.ts';
import { AssayError } from '../../core/errors.ts';
import { sha256 } from '../../core/digest.ts';
import { forTerminal } from '../../core/encode.ts';
import { isJsonObject, own, ownObject, ownString, type Json, type JsonObject } from '../../core/json.ts';
import { isPackageName } from './names.ts';
import { isVersion } from './order.ts';

/** `bodyBytes` as sent, `textBytes` inflated. In a tree a package stands as often as it is needed, so places are more. */
export const auditLimits = {
  bodyBytes: 8 * 1024 * 1024,
  textBytes: 32 * 1024 * 1024,
  places: 200_000,
  versions: 20_000,
} as const;

/** How often an installed version is told with its path: each path is a line on a terminal. */
const mostPaths = 50;

/** npm's own words, mildest first. */
const npmSeverities = ['info', 'low', 'moderate', 'high', 'critical'] as const;
type NpmSeverity = (typeof npmSeverities)[number];

/** What nobody scored is not harmless: npm itself takes a missing severity as high. */
const severityWords: Readonly<Record<Severity, NpmSeverity>> = {
  unknown: 'high',
  none: 'info',
  low: 'low',
  medium: 'moderate',
  high: 'high',
  critical: 'critical',
};

/** One installed place of a version, as the older protocol tells places. */
interface Place {
  readonly path: string;
  readonly dev: boolean;
  readonly optional: boolean;
  readonly bundled: boolean;
}

/** Asked versions by name. Names and versions that no registry can have are left out: no advisory is about them. */
type Asked = ReadonlyMap<string, ReadonlyMap<string, readonly Place[]>>;

/** Throws REQUEST_INVALID, REQUEST_TOO_LARGE. */
export function answerBulk(body: Uint8Array, lookup: AdvisoryLookup): JsonObject {
  const asked = askedInBulk(parseBody(body));
  const found = advisoriesFor(asked, lookup);
  const byName = Object.groupBy(found, ({ name }) => name);
  return Object.fromEntries(
    Object.entries(byName).map(([name, advisories = []]) => [
      name,
      advisories.map(({ advisory }) => advisory),
    ]),
  );
}

/** Throws REQUEST_INVALID, REQUEST_TOO_LARGE. */
export function answerQuick(body: Uint8Array, lookup: AdvisoryLookup): JsonObject {
  const tree = parseBody(body);
  const asked = askedInTree(tree);
  const found = advisoriesFor(asked, lookup);
  const counts = Object.fromEntries(
    npmSeverities.map((word) => [
      word,
      found.filter(({ advisory }) => own(advisory, 'severity') === word).length,
    ]),
  );
  const dependencies = [...asked.values()].reduce((total, versions) => total + versions.size, 0);
  return {
    actions: found.map(actionOf),
    advisories: Object.fromEntries(found.map((one) => [String(one.id), oldAdvisoryOf(one)])),
    muted: [],
    metadata: {
      vulnerabilities: counts,
      dependencies,
      devDependencies: 0,
      optionalDependencies: 0,
      totalDependencies: dependencies,
    },
  };
}

function parseBody(body: Uint8Array): JsonObject {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw new AssayError('REQUEST_INVALID', 'what is to be audited is no JSON', { cause });
  }
  if (!isJsonObject(parsed))
    throw new AssayError('REQUEST_INVALID', 'what is to be audited is no JSON object');
  return parsed;
}

function askedInBulk(body: JsonObject): Asked {
  const asked = new Map<string, Map<string, Place[]>>();
  let count = 0;
  for (const [name, versions] of Object.entries(body)) {
    if (!Array.isArray(versions))
      throw new AssayError('REQUEST_INVALID', 'versions to be audited are no list');
    for (const version of versions as readonly Json[]) {
      bounded((count += 1));
      if (typeof version === 'string') remember(asked, name, version, undefined);
    }
  }
  return asked;
}

interface Node {
  readonly name: string;
  readonly value: JsonObject;
  readonly path: string;
}

/** Breadth first and without recursion: the tree may be as deep as its text is long. */
function askedInTree(root: JsonObject): Asked {
  const asked = new Map<string, Map<string, Place[]>>();
  const queue: Node[] = [...children(root, '')];
  for (let at = 0; at < queue.length; at += 1) {
    bounded(at + 1);
    const node = queue[at];
    if (node === undefined) break;
    const { name, value, path } = node;
    const version = ownString(value, 'version');
    const is = (key: string): boolean => own(value, key) === true;
    const place = { path, dev: is('dev'), optional: is('optional'), bundled: is('bundled') };
    if (version !== undefined) remember(asked, name, version, place);
    for (const child of children(value, path)) queue.push(child);
  }
  return asked;
}

/** Paths longer than a terminal shows are of no use, and their sum would be the square of a deep tree. */
function children(value: JsonObject, path: string): readonly Node[] {
  const below = ownObject(value, 'dependencies') ?? {};
  return Object.entries(below).flatMap(([name, child]) => {
    const shown = path.length > 1000 ? path : path === '' ? name : `${path}>${name}`;
    return isJsonObject(child) ? [{ name, value: child, path: shown.slice(0, 1500) }] : [];
  });
}

function bounded(count: number): void {
  if (count > auditLimits.places)
    throw new AssayError('REQUEST_TOO_LARGE', `more than ${auditLimits.places} places are to be audited`);
}

function remember(
  asked: Map<string, Map<string, Place[]>>,
  name: string,
  version: string,
  place: Place | undefined,
): void {
  if (!isPackageName(name) || !isVersion(version)) return;
  const versions = asked.get(name) ?? new Map<string, Place[]>();
  const places = versions.get(version) ?? [];
  if (place !== undefined && places.length < mostPaths) places.push(place);
  versions.set(version, places);
  asked.set(name, versions);
}

interface Found {
  readonly id: number;
  readonly name: string;
  readonly match: AdvisoryMatch;
  readonly versions: readonly (readonly [version: string, places: readonly Place[]])[];
  /** In the words of the bulk answer. */
  readonly advisory: JsonObject;
}

/** One a package and advisory, with every asked version that it is about. */
function advisoriesFor(asked: Asked, lookup: AdvisoryLookup): readonly Found[] {
  const count = [...asked.values()].reduce((total, versions) => total + versions.size, 0);
  if (count > auditLimits.versions)
    throw new AssayError('REQUEST_TOO_LARGE', `more than ${auditLimits.versions} versions are to be audited`);
  return [...asked].flatMap(([name, versions]) => {
    const matched = [...versions].flatMap(([version, places]) =>
      lookup.match(name, version).map((match) => ({ match, version, places })),
    );
    const byId = Map.groupBy(matched, ({ match }) => match.id);
    return [...byId.values()].flatMap((group) => {
      const [first] = group;
      if (first === undefined) return [];
      const { match } = first;
      const range = [...new Set(group.map((one) => rangeOf(one.match, one.version)))].join(' || ');
      const id = numericId(match.id);
      return [
        {
          id,
          name,
          match,
          versions: group.map((one) => [one.version, one.places] as const),
          advisory: advisoryOf(id, match, range),
        },
      ];
    });
  });
}

/**
 * A range that is true as far as the record goes: from the version asked about to the next that ends it. Where none ends
 * it, all that follow; but of malicious packages only what is known to be: the rest may be what to go to.
 */
function rangeOf({ fixed, malicious }: AdvisoryMatch, version: string): string {
  const end = fixed.find(isVersion);
  if (end !== undefined) return `>=${version} <${end}`;
  return malicious ? version : `>=${version}`;
}

/** Clients take a number alone (pnpm leaves out what has none); ours is made of the id, 48 bits. */
function numericId(id: string): number {
  return Number.parseInt(sha256(id).slice(0, 12), 16);
}

function advisoryOf(id: number, match: AdvisoryMatch, range: string): JsonObject {
  const { malicious, severity, score, vector } = match;
  return {
    id,
    url: urlOf(match),
    title: titleOf(match),
    severity: malicious ? 'critical' : severityWords[severity],
    vulnerable_versions: range,
    cwe: malicious ? ['CWE-506'] : [],
    cvss: { score: score ?? 0, vectorString: vector },
  };
}

function titleOf({ id, summary, malicious, severity }: AdvisoryMatch): string {
  const text = forTerminal(summary === '' ? id : summary, 300);
  if (malicious) return `Malicious package: ${text}`;
  return severity === 'unknown' ? `${text} (severity unknown)` : text;
}

/** pnpm reads the GitHub id out of the URL. */
function urlOf({ id, aliases }: AdvisoryMatch): string {
  const github = [id, ...aliases].find((one) => /^GHSA(?:-[0-9a-z]{4}){3}$/.test(one));
  return github === undefined
    ? `https://osv.dev/vulnerability/${encodeURIComponent(id)}`
    : `https://github.com/advisories/${github}`;
}

/** Yarn 1 prints what an action resolves, and nothing else. */
function actionOf({ id, name, versions }: Found): JsonObject {
  return {
    action: 'review',
    module: name,
    target: '',
    resolves: versions.flatMap(([, places]) =>
      places.map((place) => ({ id, ...place, path: forTerminal(place.path, 2000) })),
    ),
  };
}

function oldAdvisoryOf({ name, match, versions, advisory }: Found): JsonObject {
  const { fixed, modified, published, aliases, id } = match;
  const end = fixed.find(isVersion);
  const advice = end === undefined ? 'No fixed version is known.' : `Upgrade to version ${end} or later`;
  return {
    ...advisory,
    findings: versions.map(([version, places]) => ({
      version,
      paths: places.map(({ path }) => forTerminal(path, 2000)),
      dev: places.every(({ dev }) => dev),
      optional: places.every(({ optional }) => optional),
      bundled: places.every(({ bundled }) => bundled),
    })),
    module_name: name,
    cves: [id, ...aliases].filter((one) => /^CVE-\d{4}-\d+$/.test(one)),
    github_advisory_id: [id, ...aliases].find((one) => one.startsWith('GHSA-')) ?? null,
    patched_versions: end === undefined ? '<0.0.0' : `>=${end}`,
    overview: forTerminal(match.summary, 1000),
    recommendation: advice,
    references: '',
    access: 'public',
    created: published ?? modified,
    updated: modified,
    deleted: null,
    found_by: null,
    reported_by: null,
    metadata: null,
  };
}
