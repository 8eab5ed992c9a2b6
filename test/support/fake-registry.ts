/**
 * A fake of the public npm registry, as its clients see it: full and abbreviated packuments with validators,
 * dist-tags, signatures, attestations, keys, search, audit. Tests publish to it and make it lie.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Json, JsonObject } from '../../src/core/json.ts';
import {
  abbreviatedPackument,
  createRegistryKey,
  fullPackument,
  makeVersion,
  versionDocument,
  type FakePackage,
  type FakeVersion,
  type PublishInput,
  type PublishingRegistry,
  type RegistryKey,
} from './fake-package.ts';
import { send, tellLie, type HonestAnswer, type Lie } from './lies.ts';

export interface RequestRecord {
  readonly method: string;
  /** As sent, percent-encoding and all. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

export interface LieRule {
  /** The decoded path, or a pattern on it. */
  readonly path: string | RegExp;
  /** How many requests it is told to; default all. */
  readonly times?: number;
}

export interface FakeRegistry {
  /** Ends with `/`. */
  readonly url: string;
  readonly key: RegistryKey;
  readonly publish: (input: PublishInput) => FakeVersion;
  /** Deletes a version; its tags move to the newest one left. */
  readonly unpublish: (name: string, version: string) => void;
  /** Other bytes under the same name; the index shows the new digests unless `silently`. */
  readonly replaceBytes: (input: PublishInput, silently?: boolean) => void;
  readonly setTag: (name: string, tag: string, version: string) => void;
  readonly setTime: (name: string, version: string, publishedAt: string | null) => void;
  readonly deprecate: (name: string, version: string, message: string) => void;
  /** Takes these out of a version's `dist`, as a mirror does that strips them; what is behind them stays. */
  readonly strip: (name: string, version: string, fields: readonly ('signatures' | 'attestations')[]) => void;
  /** Bends a version's `dist`. */
  readonly editDist: (name: string, version: string, edit: (dist: JsonObject) => JsonObject) => void;
  /** What the attestations' endpoint answers for it from now on; undefined: 404. The index stays as it is. */
  readonly setAttestations: (
    name: string,
    version: string,
    edit: (document: JsonObject | undefined) => JsonObject | undefined,
  ) => void;
  /** Returns a function that ends the lie. The newest matching lie is told. */
  readonly lie: (rule: LieRule, lie: Lie) => () => void;
  readonly requests: readonly RequestRecord[];
  /** Requests for a decoded path. */
  readonly countOf: (path: string, method?: string) => number;
  readonly forgetRequests: () => void;
  readonly close: () => Promise<void>;
}

export interface FakeRegistryOptions {
  /** Asks for this `Authorization` on every request. */
  readonly authorization?: string;
  /** Serves as the plainer registries do: no signatures, keys, attestations, search or audit, no abbreviated form. */
  readonly plain?: boolean;
  /** What it calls itself in its attestations; default `https://` and its host and port. */
  readonly identity?: string;
}

interface ActiveLie {
  readonly rule: LieRule;
  readonly lie: Lie;
  left: number;
}

interface State {
  readonly packages: Map<string, FakePackage>;
  readonly lies: ActiveLie[];
  readonly requests: RequestRecord[];
  readonly key: RegistryKey;
  readonly options: FakeRegistryOptions;
  /** Set when the server listens. */
  base: string;
}

export async function startFakeRegistry(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
  const state: State = {
    packages: new Map(),
    lies: [],
    requests: [],
    key: createRegistryKey(),
    options,
    base: '',
  };
  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    answerRequest(state, request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the fake registry has no port');
  state.base = `http://127.0.0.1:${address.port}/`;
  return {
    url: state.base,
    key: state.key,
    requests: state.requests,
    ...publishing(state),
    lie: (rule, lie) => {
      const active = { rule, lie, left: rule.times ?? Infinity };
      state.lies.unshift(active);
      return () => void state.lies.splice(state.lies.indexOf(active), state.lies.includes(active) ? 1 : 0);
    },
    countOf: (path, method = 'GET') =>
      state.requests.filter((request) => request.method === method && decoded(request.path) === path).length,
    forgetRequests: () => void (state.requests.length = 0),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Publishing = Pick<
  FakeRegistry,
  | 'publish'
  | 'unpublish'
  | 'replaceBytes'
  | 'setTag'
  | 'setTime'
  | 'deprecate'
  | 'strip'
  | 'editDist'
  | 'setAttestations'
>;

function publishing(state: State): Publishing {
  const find = (name: string, version: string): FakeVersion => {
    const found = state.packages.get(name)?.versions.get(version);
    if (found === undefined) throw new Error(`the fake registry has no ${name}@${version}`);
    return found;
  };
  return {
    publish: (input) => {
      const version = makeVersion(input, publishingAs(state));
      const pack = packageFor(state, version);
      pack.versions.set(version.version, version);
      const tags = input.tags ?? (version.version.includes('-') && pack.tags.size > 0 ? [] : ['latest']);
      for (const tag of tags) pack.tags.set(tag, version.version);
      touch(pack, version.publishedAt);
      return version;
    },
    unpublish: (name, version) => {
      const pack = state.packages.get(name);
      if (pack?.versions.delete(version) !== true)
        throw new Error(`the fake registry has no ${name}@${version}`);
      const newest = [...pack.versions.keys()].at(-1);
      for (const [tag, tagged] of pack.tags) {
        if (tagged !== version) continue;
        if (newest === undefined) pack.tags.delete(tag);
        else pack.tags.set(tag, newest);
      }
      touch(pack, new Date().toISOString());
    },
    replaceBytes: (input, silently = false) => {
      const old = find(input.name, input.version);
      const fresh = makeVersion({ publishedAt: old.publishedAt, ...input }, publishingAs(state));
      if (silently) old.bytes = fresh.bytes;
      else state.packages.get(input.name)?.versions.set(input.version, fresh);
    },
    setTag: (name, tag, version) => void state.packages.get(name)?.tags.set(tag, find(name, version).version),
    setTime: (name, version, publishedAt) => void (find(name, version).publishedAt = publishedAt),
    deprecate: (name, version, message) => void (find(name, version).deprecated = message),
    strip: (name, version, fields) => {
      const found = find(name, version);
      const kept = Object.entries(found.dist).filter(([field]) => !fields.some((gone) => gone === field));
      found.dist = Object.fromEntries(kept);
    },
    editDist: (name, version, edit) => {
      const found = find(name, version);
      found.dist = edit(found.dist);
    },
    setAttestations: (name, version, edit) => {
      const found = find(name, version);
      found.attestations = edit(found.attestations);
    },
  };
}

function publishingAs({ base, key, options }: State): PublishingRegistry {
  return { base, identity: options.identity ?? `https://${new URL(base).host}`, key };
}

function packageFor(state: State, version: FakeVersion): FakePackage {
  const known = state.packages.get(version.name);
  if (known !== undefined) return known;
  const at = version.publishedAt ?? '2021-01-01T00:00:00.000Z';
  const fresh: FakePackage = {
    name: version.name,
    versions: new Map(),
    tags: new Map(),
    created: at,
    modified: at,
  };
  state.packages.set(version.name, fresh);
  return fresh;
}

function touch(pack: FakePackage, at: string | null): void {
  if (at !== null && at > pack.modified) pack.modified = at;
}

async function answerRequest(
  state: State,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = request.url ?? '/';
  state.requests.push({ method: request.method ?? '', path, headers: request.headers });
  request.resume();
  const plain = conditional(request, honestAnswer(state, request, decoded(path)));
  const lie = state.lies.find(({ rule, left }) => left > 0 && matches(rule, decoded(path)));
  if (lie !== undefined) {
    lie.left -= 1;
    return tellLie(lie.lie, plain, response);
  }
  const honest = compressed(request, plain);
  return send(response, request.method === 'HEAD' ? { ...honest, body: Buffer.alloc(0) } : honest);
}

function matches(rule: LieRule, path: string): boolean {
  return typeof rule.path === 'string' ? rule.path === path : rule.path.test(path);
}

function decoded(path: string): string {
  return decodeURIComponent(path.split('?', 1)[0] ?? path);
}

function json(status: number, value: Json, headers: Record<string, string> = {}): HonestAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify(value)),
  };
}

const notFound = json(404, { error: 'Not found' });

function honestAnswer(state: State, request: IncomingMessage, path: string): HonestAnswer {
  const { authorization, plain = false } = state.options;
  if (authorization !== undefined && request.headers.authorization !== authorization) {
    return json(401, { error: 'Unauthorized' }, { 'www-authenticate': 'Bearer' });
  }
  if (path === '/-/ping') return json(200, {});
  if (path.startsWith('/-/npm/') || path === '/-/v1/search') return plain ? notFound : service(state, path);
  const tags = /^\/-\/package\/(.+)\/dist-tags$/.exec(path);
  if (tags !== null) return distTags(state, tags[1] ?? '');
  const file = /^\/((?:@[^/]+\/)?[^/]+)\/-\/(.+)$/.exec(path);
  if (file !== null) return tarball(state, file[1] ?? '', file[2] ?? '');
  const named = /^\/((?:@[^/]+\/)?[^/]+)(?:\/([^/]+))?$/.exec(path);
  const pack = state.packages.get(named?.[1] ?? '');
  if (pack === undefined) return notFound;
  return named?.[2] === undefined ? packument(pack, request, plain) : oneVersion(pack, named[2]);
}

function packument(pack: FakePackage, request: IncomingMessage, plain: boolean): HonestAnswer {
  const short = !plain && /application\/vnd\.npm\.install-v1\+json/.test(request.headers.accept ?? '');
  const type = short ? 'application/vnd.npm.install-v1+json' : 'application/json';
  const headers = {
    'content-type': type,
    'last-modified': new Date(pack.modified).toUTCString(),
    'cache-control': 'public, max-age=300',
    vary: 'accept-encoding, accept',
  };
  return withEtag(
    json(
      200,
      plain ? plainPackument(pack) : short ? abbreviatedPackument(pack) : fullPackument(pack),
      headers,
    ),
  );
}

function plainPackument(pack: FakePackage): Json {
  const full = fullPackument(pack);
  const versions = [...pack.versions].map(([key, version]) => {
    const { integrity = null, shasum = null, tarball: url = null } = version.dist;
    return [
      key,
      { ...version.manifest, _id: `${pack.name}@${key}`, dist: { integrity, shasum, tarball: url } },
    ] as const;
  });
  const latest = pack.tags.get('latest');
  return {
    _id: pack.name,
    name: pack.name,
    'dist-tags': latest === undefined ? {} : { latest },
    versions: Object.fromEntries(versions),
    time: full['time'] ?? {},
  };
}

function oneVersion(pack: FakePackage, selector: string): HonestAnswer {
  const version = pack.versions.get(pack.tags.get(selector) ?? selector);
  return version === undefined
    ? json(404, `version not found: ${selector}`)
    : withEtag(json(200, versionDocument(version)));
}

function distTags(state: State, name: string): HonestAnswer {
  const pack = state.packages.get(name);
  return pack === undefined ? notFound : json(200, Object.fromEntries(pack.tags));
}

function tarball(state: State, name: string, file: string): HonestAnswer {
  const versions = [...(state.packages.get(name)?.versions.values() ?? [])];
  const version = versions.find(({ fileName }) => fileName === file);
  if (version === undefined) return notFound;
  const headers = {
    'content-type': 'application/octet-stream',
    'cache-control': 'public, immutable, max-age=31557600',
  };
  return withEtag({ status: 200, headers, body: version.bytes });
}

function service(state: State, path: string): HonestAnswer {
  if (path === '/-/npm/v1/keys') {
    const { keyid, publicKey } = state.key;
    return json(200, {
      keys: [
        {
          keyid,
          keytype: 'ecdsa-sha2-nistp256',
          scheme: 'ecdsa-sha2-nistp256',
          key: publicKey,
          expires: null,
        },
      ],
    });
  }
  if (path === '/-/npm/v1/security/advisories/bulk') return json(200, {});
  const attested = /^\/-\/npm\/v1\/attestations\/(.+)@([^@]+)$/.exec(path);
  if (attested !== null) {
    const version = state.packages.get(attested[1] ?? '')?.versions.get(attested[2] ?? '');
    return version?.attestations === undefined ? notFound : json(200, version.attestations);
  }
  if (path === '/-/v1/search') {
    const objects = [...state.packages.keys()].map((name) => ({ package: { name } }));
    return json(200, { objects, total: objects.length, time: '' });
  }
  return notFound;
}

function withEtag(answer: HonestAnswer): HonestAnswer {
  const etag = `"${createHash('sha256').update(answer.body).digest('hex').slice(0, 32)}"`;
  return { ...answer, headers: { ...answer.headers, etag } };
}

function conditional(request: IncomingMessage, answer: HonestAnswer): HonestAnswer {
  const { etag } = answer.headers;
  if (answer.status !== 200 || etag === undefined || request.headers['if-none-match'] !== etag) return answer;
  return { status: 304, headers: { etag }, body: Buffer.alloc(0) };
}

function compressed(request: IncomingMessage, answer: HonestAnswer): HonestAnswer {
  const isJson = answer.headers['content-type']?.includes('json') === true;
  if (!isJson || answer.body.length < 1024 || !/\bgzip\b/.test(request.headers['accept-encoding'] ?? ''))
    return answer;
  return {
    ...answer,
    headers: { ...answer.headers, 'content-encoding': 'gzip' },
    body: gzipSync(answer.body),
  };
}
