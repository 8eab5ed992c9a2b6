/**
 * Recipes as text. `recipes/npm+inherits@2.0.4.yaml` holds what a person corrected for one version,
 * `npm+inherits.yaml` for all; whole recipes are kept and shown in the same form.
 */
import { isMap, isNode, isScalar, isSeq, parseDocument, stringify } from 'yaml';
import type * as z from 'zod';
import { canonicalJson } from '../../core/canonical-json.ts';
import { sha256, type Sha256 } from '../../core/digest.ts';
import { forTerminal } from '../../core/encode.ts';
import { AssayError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import { parsePurl, type Purl } from '../../core/purl.ts';
import type { RecipeCorrection } from '../../core/rebuild.ts';
import type { BuildStep, Dependencies, Recipe, Tool, Toolchain } from './recipe.ts';
import { correctionSchema, recipeSchema } from './schema.ts';

const maxTextBytes = 256 * 1024;
const maxNodes = 10_000;
const maxDepth = 10;

/** Partial: what is absent stays as inferred. */
export type Correction = z.output<typeof correctionSchema>;

/** Throws RECIPE_INVALID, naming the place. */
export function readRecipe(text: string): Recipe {
  return recipeOf(checked(recipeSchema, plainYaml(text)));
}

/** Throws RECIPE_INVALID, naming the place. */
export function readCorrection(text: string): Correction {
  return checked(correctionSchema, plainYaml(text));
}

export function writeRecipe(recipe: Recipe): string {
  return stringify(documentOf(recipe), { lineWidth: 110, aliasDuplicateObjects: false });
}

/** Of its canonical JSON (RFC 8785). */
export function recipeDigest(recipe: Recipe): Sha256 {
  return sha256(canonicalJson(documentOf(recipe)));
}

/** Who said what, and the digest that a review is of: that of its canonical JSON (RFC 8785). */
export function correctionSaid(correction: Correction): RecipeCorrection {
  const { who, why, at } = correction.author;
  return {
    digest: sha256(canonicalJson(withoutAbsent(correction) as { [key: string]: Json })),
    who,
    why,
    at,
  };
}

/** The name of the file in which a person's correction lies. */
export function correctionFile(purl: Purl): string {
  const { name, version } = parsePurl(purl);
  const plain = name.replace('/', '+');
  return `npm+${plain}${version === undefined ? '' : `@${version}`}.yaml`;
}

/** What a person says wins. The revision counts up, and the author is who said it. */
export function corrected(recipe: Recipe, correction: Correction): Recipe {
  const to = parsePurl(correction.purl);
  const of = parsePurl(recipe.purl);
  if (to.name !== of.name || (to.version !== undefined && to.version !== of.version))
    throw invalid(`the correction is for ${correction.purl}, not for ${recipe.purl}`);
  const { source, toolchain, dependencies, allowScripts, build, pack, environment } = correction;
  const given = {
    ...documentOf(recipe),
    revision: recipe.revision + 1,
    author: correction.author,
    ...(source === undefined ? {} : { source }),
    ...(toolchain === undefined ? {} : { toolchain }),
    ...(dependencies === undefined ? {} : { dependencies }),
    ...(allowScripts === undefined ? {} : { allowScripts }),
    ...(build === undefined ? {} : { build: build.map(stepDocument) }),
    ...(pack === undefined ? {} : { pack }),
    environment: { ...recipe.environment, ...withoutAbsent(environment ?? {}) },
  };
  return recipeOf(checked(recipeSchema, withoutAbsent(given)));
}

/** The same recipe with the lockfile that its first build made: from now on nothing is resolved again. */
export function freeze(recipe: Recipe, resolution: Sha256): Recipe {
  if (recipe.dependencies.kind !== 'resolve') return recipe;
  return { ...recipe, dependencies: { ...recipe.dependencies, frozen: resolution } };
}

function recipeOf(read: z.output<typeof recipeSchema>): Recipe {
  const { source, toolchain, dependencies } = read;
  return {
    ...read,
    source: source.kind === 'git' ? { ...source, ref: source.ref } : source,
    toolchain: toolchainOf(toolchain),
    dependencies: dependenciesOf(dependencies),
  };
}

function toolchainOf(read: z.output<typeof recipeSchema>['toolchain']): Toolchain {
  const { manager, managerTool } = read;
  const other = managerTool === undefined ? undefined : toolOf(managerTool);
  return { node: toolOf(read.node), npm: toolOf(read.npm), manager, managerTool: other };
}

function toolOf({
  package: name,
  version,
  integrity,
}: z.output<typeof recipeSchema>['toolchain']['node']): Tool {
  return { package: name, version, integrity };
}

function dependenciesOf(read: z.output<typeof recipeSchema>['dependencies']): Dependencies {
  if (read.kind !== 'resolve') return read;
  const { from, before, frozen } = read;
  return { kind: 'resolve', ...(from === undefined ? {} : { from }), before, frozen };
}

function stepDocument(step: BuildStep): Json {
  const { kind: _, ...rest } = step;
  return rest;
}

/** The form in which it is written, without what is absent; `canonicalJson` has no `undefined`. */
function documentOf(recipe: Recipe): { readonly [key: string]: Json } {
  return withoutAbsent({ ...recipe, build: recipe.build.map(stepDocument) }) as {
    readonly [key: string]: Json;
  };
}

function withoutAbsent(value: object): object {
  return JSON.parse(JSON.stringify(value)) as object;
}

function checked<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue?.path.map(String).join('.') ?? '';
  throw invalid(`${place === '' ? '' : `${place}: `}${issue?.message ?? 'not readable'}`);
}

/** YAML as plain data: no anchors, aliases, tags or merge keys, nothing twice, bounded. */
function plainYaml(text: string): unknown {
  if (Buffer.byteLength(text) > maxTextBytes) throw invalid('the file is larger than 256 KiB');
  try {
    const document = parseDocument(text, { uniqueKeys: true, prettyErrors: false, merge: false });
    const [error] = [...document.errors, ...document.warnings];
    if (error !== undefined) throw invalid(error.message.split('\n', 1)[0] ?? '');
    const budget = { nodes: maxNodes };
    return plain(document.contents, budget, 0);
  } catch (cause) {
    if (cause instanceof AssayError) throw cause;
    // The parser recurses: a file of nothing but `[` ends its stack.
    throw invalid('it is nested too deeply, or no YAML at all', cause);
  }
}

function plain(node: unknown, budget: { nodes: number }, depth: number): unknown {
  budget.nodes -= 1;
  if (budget.nodes < 0 || depth > maxDepth) throw invalid('it holds more than a recipe can need');
  if (node === null) return null;
  if (isNode(node) && (node as { anchor?: string }).anchor !== undefined) throw invalid('it has an anchor');
  if (isScalar(node)) return node.value;
  if (isSeq(node)) return node.items.map((item) => plain(item, budget, depth + 1));
  if (!isMap(node)) throw invalid('it has an alias');
  return Object.fromEntries(
    node.items.map(({ key, value }) => {
      if (!isScalar(key) || typeof key.value !== 'string') throw invalid('a key is no text');
      return [key.value, plain(value, budget, depth + 1)];
    }),
  );
}

function invalid(why: string, cause?: unknown): AssayError {
  return new AssayError('RECIPE_INVALID', `the recipe cannot be used: ${forTerminal(why, 400)}`, { cause });
}
