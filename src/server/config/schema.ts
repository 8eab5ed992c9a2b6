/** The shape of assay.yaml. Every object is strict: a key that is not here is an error, never ignored. */
import { validRange } from 'semver';
import { originPattern } from '../../ledger/signing/origin.ts';
import { isLicenceEntry } from '../../licences/policy.ts';
import { ruleNames, presetNames } from '../../policy/settings.ts';
import { ecosystems } from '../../core/purl.ts';
import { inputModes } from '../../core/rebuild.ts';
import { z } from '../zod.ts';
import { isLoopbackHost } from './addresses.ts';
import { parseDurationMs, parseSizeBytes } from './units.ts';
import { signerKeyIn } from './signer-key.ts';

const text = z.string().min(1).max(2048);
const port = z.number().int().min(0).max(65_535);
const count = z.number().int().min(1).max(10_000_000);

/** A list of which no entry may be a bare `*`: it reads like "all" and is never meant that way. */
function listOf(what: string, pattern: RegExp, example: string): z.ZodArray<z.ZodString> {
  const entry = z
    .string()
    .regex(pattern, `is no ${what} (for example ${example}); a bare \`*\` is not accepted`);
  return z.array(entry).max(1000);
}

const host = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?$/;

export const duration = z
  .string()
  .refine(
    (value) => parseDurationMs(value) !== undefined,
    'is no duration: a number with ms, s, m, h, d or w, such as 72h',
  )
  .transform((value) => parseDurationMs(value) ?? 0);

const minuteOrOff = 'must be a duration of a minute or more, such as 24h, or off';
const durationOrOff = z.union(
  [z.literal('off'), duration.refine((ms) => ms >= 60_000, minuteOrOff)],
  minuteOrOff,
);

const durationMs = z.union(
  [z.number().int().min(1), duration],
  'must be a duration such as 30s, or a number of milliseconds',
);
const sizeBytes = z.union(
  [
    z.number().int().min(1),
    z
      .string()
      .refine((value) => parseSizeBytes(value) !== undefined)
      .transform((value) => parseSizeBytes(value) ?? 0),
  ],
  'must be a size such as 64MiB, or a number of bytes',
);

export function isUsableUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  const http = url.protocol === 'http:' || url.protocol === 'https:';
  return http && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
}

const baseUrl = text
  .refine(isUsableUrl, 'must be an http or https URL without user name, password, query or fragment')
  .transform((value) => (value.endsWith('/') ? value : `${value}/`));

const packageMatch = z.strictObject({
  package: z
    .string()
    .regex(
      /^(?:@[a-z0-9~][\w.~-]*\/(?:\*|[\w.~-]+)|(?!@)[A-Za-z0-9_~-][\w.~-]*)$/,
      'is no package name such as left-pad or @corp/tool, and no scope such as @corp/*; a bare `*` is not accepted',
    )
    .max(214),
  versions: text
    .refine((range) => validRange(range) !== null, 'is no version range such as ">=1.2.0 <2"')
    .optional(),
  reason: text.optional(),
});

const tokenEnv = z
  .string()
  .regex(
    /^[A-Z_][A-Z0-9_]{0,99}$/,
    'must be the name of an environment variable in capitals, such as CORP_TOKEN, never the token itself',
  );

export const upstreamSchema = z.strictObject({
  ecosystem: z.literal('npm').optional(),
  url: baseUrl,
  identityHost: z.string().regex(host, 'is no host name such as registry.example.com').optional(),
  scopes: listOf('scope', /^@[a-z0-9~][\w.~-]{0,212}$/, "'@corp'").optional(),
  fileHosts: listOf('host', host, 'files.example.com or files.example.com:8443').optional(),
  tokenEnv: tokenEnv.optional(),
  allowInsecure: z.boolean().optional(),
});

/** A folder of repositories on this machine: no host in it, and an absolute path. */
function isFolderUrl(value: string): boolean {
  return URL.canParse(value) && /^file:\/\/\/[^?#]+$/.test(value);
}

const forge = z
  .strictObject({
    host: z
      .string()
      .regex(host, 'is no host name such as git.example.com')
      .transform((value) => value.toLowerCase()),
    kind: z.enum(['github', 'git']),
    api: text
      .refine(
        (value) => isUsableUrl(value) || isFolderUrl(value),
        'must be an http or https URL without user name, password, query or fragment, or a file:/// URL of a folder',
      )
      .transform((value) => (value.endsWith('/') ? value : `${value}/`))
      .optional(),
    tokenEnv: tokenEnv.optional(),
  })
  .refine(({ kind, api }) => kind !== 'github' || (api !== undefined && isUsableUrl(api)), {
    path: ['api'],
    error: 'must be the URL of the API of a forge of kind `github`, such as https://git.example.com/api/v3/',
  });

const tufRepository = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'is no name of a repository: lower-case letters, digits and -'),
  url: baseUrl,
  root: text.optional(),
});

/** What it says of malware is believed: nobody on the way may change it. */
const feedUrl = text.refine(
  (value) => isUsableUrl(value) && (value.startsWith('https:') || isLoopbackHost(new URL(value).hostname)),
  'must be an https URL without user name, password, query or fragment',
);

const feed = z.strictObject({
  url: feedUrl.optional(),
  refreshEvery: durationOrOff.optional(),
  epss: feedUrl.optional(),
  kev: feedUrl.optional(),
  popular: z
    .union([feedUrl, text.refine((value) => !value.includes('://'))], 'must be an https URL, or a file')
    .optional(),
});

const yearMs = 366 * 86_400_000;

const vexSigner = z.strictObject({
  name: z
    .string()
    .regex(
      /^(?!operator$)[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$/,
      'is no name of a signer such as security@example.com, and not the reserved `operator`',
    ),
  publicKey: text
    .refine(
      (pem) => signerKeyIn(pem) !== undefined,
      'must be the PEM of an Ed25519 or ECDSA P-256 public key, with its line `-----BEGIN PUBLIC KEY-----`',
    )
    .transform((pem) => signerKeyIn(pem) ?? ''),
  validFor: duration
    .refine((ms) => ms >= 86_400_000 && ms <= yearMs, 'must be a duration from a day to a year, such as 90d')
    .optional(),
});

/** An entry that means nothing would leave a hole in the list. */
const licences = z
  .array(
    text.refine(
      isLicenceEntry,
      'is no SPDX id such as MIT, LGPL-2.1-or-later, `GPL-2.0-only WITH Classpath-exception-2.0` or AGPL-*, nor UNLICENSED or unknown',
    ),
  )
  .max(2000);

const mode = z.enum(['off', 'audit', 'warn', 'enforce']);
const rules = z.strictObject(Object.fromEntries(ruleNames.map((name) => [name, mode.optional()])));

export const configSchema = z.strictObject({
  listen: z
    .string()
    .regex(/^(?:[A-Za-z0-9.-]{1,253}|[0-9a-fA-F:.]{2,45})$/, 'is no address to listen on, such as 127.0.0.1')
    .optional(),
  port: port.optional(),
  consolePort: port.optional(),
  data: text.optional(),
  publicUrl: baseUrl.optional(),
  allowedHosts: listOf('host', host, 'assay.example.com').optional(),
  anonymous: z.enum(['loopback', 'always', 'never']).optional(),
  indexFreshSeconds: z.number().int().min(0).max(86_400).optional(),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).optional(),
  ledger: z
    .strictObject({
      origin: z
        .string()
        .regex(
          originPattern,
          'is no log origin: a name such as assay.example.com/log, of at most 80 printable characters without spaces and +',
        )
        .optional(),
      checkpointSeconds: z.number().min(0.1).max(3600).optional(),
      witnesses: text.optional(),
      witnessMode: z.enum(['fail-open', 'fail-closed']).optional(),
    })
    .optional(),
  signer: z.strictObject({ directory: text.optional() }).optional(),
  secureChannel: z
    .strictObject({
      enabled: z.boolean().optional(),
      port: port.optional(),
      publicUrl: baseUrl.optional(),
      serve: z.enum(['secure', 'built']).optional(),
      missing: z.enum(['refuse', 'main']).optional(),
    })
    .optional(),
  rebuild: z
    .strictObject({
      directory: text.optional(),
      recipes: text.optional(),
      concurrency: z.number().int().min(1).max(64).optional(),
      automatic: z.boolean().optional(),
      inputs: z.enum(inputModes).optional(),
      sshKey: text.optional(),
      sshKnownHosts: text.optional(),
    })
    .optional(),
  behaviour: z.strictObject({ watch: z.enum(['auto', 'off']).optional() }).optional(),
  trust: z
    .strictObject({
      refreshEvery: durationOrOff.optional(),
      maxAge: durationOrOff.optional(),
      tuf: z
        .array(tufRepository)
        .max(16)
        .refine(
          (all) => new Set(all.map((one) => one.name)).size === all.length,
          'must name each repository once',
        )
        .optional(),
    })
    .optional(),
  feeds: z.strictObject(Object.fromEntries(ecosystems.map((name) => [name, feed.optional()]))).optional(),
  vex: z
    .strictObject({
      signers: z
        .array(vexSigner)
        .max(100)
        .refine(
          (all) => new Set(all.map((one) => one.name)).size === all.length,
          'must name each signer once',
        )
        .optional(),
    })
    .optional(),
  forges: z
    .array(forge)
    .max(100)
    .refine((all) => new Set(all.map((one) => one.host)).size === all.length, 'must name each host once')
    .optional(),
  upstreams: z
    .record(
      z
        .string()
        .regex(
          /^(?!assay$)[a-z0-9][a-z0-9-]{0,31}$/,
          'is no upstream id: lower-case letters, digits and -, and not the reserved `assay`',
        ),
      upstreamSchema,
    )
    .optional(),
  policy: z
    .strictObject({
      preset: z.enum(presetNames).optional(),
      rules: rules.optional(),
      cooldown: duration.optional(),
      deny: z.array(packageMatch).max(100_000).optional(),
      allow: z.array(packageMatch).max(100_000).optional(),
    })
    .optional(),
  advisories: z
    .strictObject({ warnAfter: durationOrOff.optional(), holdAfter: durationOrOff.optional() })
    .optional(),
  licences: z
    .strictObject({
      allow: licences.optional(),
      review: licences.optional(),
      deny: licences.optional(),
    })
    .optional(),
  limits: z
    .strictObject({
      archive: z
        .strictObject({
          entries: count.optional(),
          unpackedBytes: sizeBytes.optional(),
          ratio: count.optional(),
          pathBytes: count.optional(),
          pathDepth: count.optional(),
          manifestBytes: sizeBytes.optional(),
          cpuSeconds: count.optional(),
          wallMs: durationMs.optional(),
          residentBytes: sizeBytes.optional(),
        })
        .optional(),
      fetch: z
        .strictObject({
          indexBytes: sizeBytes.optional(),
          fileBytes: sizeBytes.optional(),
          connectMs: durationMs.optional(),
          idleMs: durationMs.optional(),
          totalMs: durationMs.optional(),
          redirects: z.number().int().min(0).max(20).optional(),
          retries: z.number().int().min(0).max(10).optional(),
          concurrency: z.number().int().min(1).max(1000).optional(),
        })
        .optional(),
    })
    .optional(),
});

export type ForgeValues = z.infer<typeof forge>;
export type VexSignerValues = z.infer<typeof vexSigner>;
export type TufValues = z.infer<typeof tufRepository>;
export type UpstreamValues = z.infer<typeof upstreamSchema>;

/** The keys an object at this path may have; empty where any key, or no object, belongs. For "did you mean". */
export function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  let schema: unknown = configSchema;
  for (const step of path) schema = inside(unwrapped(schema), step);
  const at = unwrapped(schema);
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function unwrapped(schema: unknown): unknown {
  return schema instanceof z.ZodOptional ? unwrapped(schema.unwrap()) : schema;
}

function inside(schema: unknown, step: PropertyKey): unknown {
  if (schema instanceof z.ZodObject)
    return Object.hasOwn(schema.shape, step) ? schema.shape[String(step)] : undefined;
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return schema instanceof z.ZodArray ? schema.element : undefined;
}
