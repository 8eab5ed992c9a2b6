/** The form of a recipe and of a correction, checked at the border. Unknown keys are refused: a typo must not build. */
import * as z from 'zod';
import { isSha256, type Sha256 } from '../../core/digest.ts';
import { parsePurl, type Purl } from '../../core/purl.ts';
import { managerKinds } from './recipe.ts';

// It never compiles schemas with `new Function`, so that code generation from strings can be switched off.
z.config({ jitless: true });

const line = (max: number): z.ZodString =>
  z
    .string()
    .max(max)
    // eslint-disable-next-line no-control-regex
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'control characters')
    .refine((text) => text.isWellFormed(), 'lone surrogates');
const word = (max: number): z.ZodString => line(max).min(1);
const sha256 = z.custom<Sha256>((value) => typeof value === 'string' && isSha256(value), 'no SHA-256');
const instant = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/, 'no time in UTC');

/** A folder or file below the top of a source: empty, or plain segments. */
export const pathBelow = line(1024).refine(isPathBelow, 'no plain path below the source');

export function isPathBelow(path: string): boolean {
  return (
    path === '' ||
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && part !== '.git')
  );
}

const npmName = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-zA-Z0-9~-][a-zA-Z0-9._~-]*$/;
const packageName = z.string().max(214).regex(npmName, 'no package name');
export const exactVersion = z
  .string()
  .max(128)
  .regex(/^\d{1,9}\.\d{1,9}\.\d{1,9}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/, 'no exact version');

const tool = z.strictObject({
  package: packageName,
  version: exactVersion,
  integrity: z
    .string()
    .regex(/^sha512-[A-Za-z0-9+/]{86}==$/, 'no sha512 integrity')
    .optional(),
});

const directory = pathBelow.default('');
const source = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('git'),
    url: word(2048),
    commit: z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 'no full commit id'),
    ref: word(512).optional(),
    directory,
  }),
  z.strictObject({ kind: z.literal('archive'), url: word(2048), sha256, directory }),
]);

const dependencies = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('lockfile'), path: pathBelow.min(1) }),
  z.strictObject({
    kind: z.literal('resolve'),
    from: pathBelow.min(1).optional(),
    before: instant.optional(),
    frozen: sha256.optional(),
  }),
]);

const step = z.union([
  z.strictObject({ script: word(214), directory }).transform((at) => ({ kind: 'script' as const, ...at })),
  z
    .strictObject({ command: z.array(line(4096)).min(1).max(64), directory })
    .transform((at) => ({ kind: 'command' as const, ...at })),
]);

/** What decides how the sandbox is set up, and what would point a package manager elsewhere, is not a recipe's to say. */
const reservedVariable =
  /^(?:PATH|HOME|LD_.*|NODE_OPTIONS|NODE_PATH|SOURCE_DATE_EPOCH|TZ|.*_proxy|(?:p?npm_config|yarn)_.*)$/i;
const variables = z.record(
  z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'no name of a variable')
    .refine((name) => !reservedVariable.test(name), 'a variable that a recipe may not set'),
  line(4096),
);
const debianPackage = z.string().regex(/^[a-z0-9][a-z0-9+.-]{1,127}$/, 'no Debian package');

const environment = z.strictObject({
  sourceDateEpoch: z.int().min(0).max(253_402_300_799),
  freezeClock: z.boolean(),
  variables: variables.default({}),
  packages: z.array(debianPackage).max(64).default([]),
  suite: z.string().regex(/^[a-z][a-z0-9-]{1,40}$/, 'no suite'),
});

const person = z.strictObject({ kind: z.literal('person'), who: word(200), why: word(2000), at: instant });
const author = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('inferred'), by: word(200) }),
  person,
]);

const toolchain = z
  .strictObject({ node: tool, npm: tool, manager: z.enum(managerKinds), managerTool: tool.optional() })
  .refine(
    ({ manager, managerTool }) => (manager === 'npm') === (managerTool === undefined),
    'managerTool is given exactly for pnpm, Yarn and Bun',
  );
const packers = z.enum(['npm', 'pnpm', 'yarn-berry']);
const build = z.array(step).max(50);
const allowScripts = z.array(packageName).max(100);

function isNpm(text: string, version: boolean): boolean {
  try {
    const parts = parsePurl(text);
    return parts.ecosystem === 'npm' && (!version || parts.version !== undefined);
  } catch {
    return false;
  }
}
const purlOf = (version: boolean): z.ZodType<Purl> =>
  z.custom<Purl>((value) => typeof value === 'string' && isNpm(value, version), 'no package URL of npm');

export const recipeSchema = z.strictObject({
  schema: z.literal(1),
  purl: purlOf(true),
  revision: z.int().min(1).max(1_000_000),
  author,
  source,
  toolchain,
  dependencies,
  allowScripts: allowScripts.default([]),
  build,
  pack: packers,
  environment,
});

/** What a person says otherwise. Without a version in the purl it is for all versions, and then names no source. */
export const correctionSchema = z
  .strictObject({
    schema: z.literal(1),
    purl: purlOf(false),
    author: person,
    source: source.optional(),
    toolchain: toolchain.optional(),
    dependencies: dependencies.optional(),
    allowScripts: allowScripts.optional(),
    build: build.optional(),
    pack: packers.optional(),
    environment: environment.partial().optional(),
  })
  .refine(
    ({ purl, source: given }) => given === undefined || parsePurl(purl).version !== undefined,
    'a source is one of a version: name the version in the purl',
  );
