/** The dependencies of one release as an install through this gate would take them now: by the shelves, not by upstream's whole index. */
import { isAssayError } from '../../core/errors.ts';
import { formatPurl, parsePurl, type Purl } from '../../core/purl.ts';
import { localOperator } from '../../core/subject.ts';
import { dependenciesOf, pickVersion, type WantedDependency } from '../../registries/npm/dependencies.ts';
import { isPackageName } from '../../registries/npm/names.ts';
import type { Gate } from '../gate.ts';

export type ClosureGate = Pick<Gate, 'shelves' | 'indexes' | 'routes'>;

export interface ResolvedClosure {
  /** Without the release itself. */
  readonly purls: readonly Purl[];
  /** Dependencies of which it cannot be told which version they are: `name range`, hostile. */
  readonly unresolved: readonly string[];
  readonly clipped: boolean;
}

/** Larger than any that people install for one package. */
const mostPackages = 2_000;
const atOnce = 8;

/** Undefined: the release itself is not on the shelf. Throws what looking at its own index throws. */
export async function resolveClosure(gate: ClosureGate, root: Purl): Promise<ResolvedClosure | undefined> {
  const { ecosystem, name, version } = parsePurl(root);
  if (ecosystem !== 'npm' || version === undefined || !isPackageName(name)) return undefined;
  const first = await wantedBy(gate, name, version);
  if (first === undefined) return undefined;
  const purls = new Set<Purl>([root]);
  const unresolved = new Set<string>();
  let clipped = false;
  for (let level = first; level.length > 0 && !clipped;) {
    const distinct = [...new Map(level.map((one) => [`${one.name} ${one.range ?? ''}`, one])).values()];
    const next: WantedDependency[] = [];
    for (let from = 0; from < distinct.length && !clipped; from += atOnce) {
      const some = distinct.slice(from, from + atOnce);
      const found = await Promise.all(some.map((one) => resolved(gate, one)));
      for (const [place, one] of found.entries()) {
        const wanted = some[place];
        if (wanted === undefined) continue;
        if (one === undefined) unresolved.add(wordsOf(wanted));
        else if (!purls.has(one.purl)) {
          clipped ||= purls.size > mostPackages;
          purls.add(one.purl);
          next.push(...one.wants);
        }
      }
    }
    level = next;
  }
  purls.delete(root);
  return { purls: [...purls], unresolved: [...unresolved], clipped };
}

function wordsOf({ name, range = '' }: WantedDependency): string {
  return `${name} ${range}`.slice(0, 300).trim().toWellFormed();
}

/** Whatever its upstream does, it is a dependency that cannot be told. */
async function resolved(
  gate: ClosureGate,
  { name, range }: WantedDependency,
): Promise<{ readonly purl: Purl; readonly wants: readonly WantedDependency[] } | undefined> {
  if (range === undefined) return undefined;
  try {
    const shelf = await shelfOf(gate, name);
    const version = shelf === undefined ? undefined : pickVersion(range, shelf.visible, shelf.view.tags);
    if (version === undefined) return undefined;
    const wants = await wantedBy(gate, name, version);
    return wants === undefined ? undefined : { purl: formatPurl('npm', name, version), wants };
  } catch (error) {
    if (isAssayError(error)) return undefined;
    throw error;
  }
}

async function wantedBy(
  gate: ClosureGate,
  name: string,
  version: string,
): Promise<readonly WantedDependency[] | undefined> {
  const shelf = await shelfOf(gate, name);
  if (shelf === undefined) return undefined;
  const kept = shelf.kept.find((one) => one.version === version);
  if (kept !== undefined) return dependenciesOf(kept.manifest);
  if (!shelf.view.versions.some((one) => one.version === version)) return undefined;
  const { upstream } = shelf.view;
  return dependenciesOf(await gate.indexes.manifest(upstream, name, shelf.body, version));
}

async function shelfOf({ shelves, routes }: ClosureGate, name: string) {
  const upstream = routes(name)?.upstream;
  return upstream === undefined ? undefined : shelves.show({ upstream, name, principal: localOperator });
}
