/** The ids of the SPDX list, however they are written, and the old ones by what they mean now. */
import exceptionIds from 'spdx-exceptions/index.json' with { type: 'json' };
import deprecatedIds from 'spdx-license-ids/deprecated.json' with { type: 'json' };
import currentIds from 'spdx-license-ids/index.json' with { type: 'json' };

/** One licence as an expression names it. `id` ends in `-only` where the licence has that form. */
export interface LicenceTerm {
  readonly id: string;
  /** That version, or a later one at the user's choice. */
  readonly orLater: boolean;
  readonly exception: string | undefined;
}

const known: ReadonlySet<string> = new Set([...currentIds, ...deprecatedIds]);

const byLowerCase: ReadonlyMap<string, string> = new Map(
  [...deprecatedIds, ...currentIds, ...exceptionIds].map((id) => [id.toLowerCase(), id]),
);

/** The id or exception as the list writes it; undefined when it has none of these letters. */
export function listedId(id: string): string | undefined {
  return byLowerCase.get(id.toLowerCase());
}

/** Combined ids from before expressions had `WITH` (SPDX 1.x), by what replaced them. */
const combined: ReadonlyMap<string, readonly [id: string, exception: string]> = new Map([
  ['GPL-2.0-with-GCC-exception', ['GPL-2.0', 'GCC-exception-2.0']],
  ['GPL-2.0-with-autoconf-exception', ['GPL-2.0', 'Autoconf-exception-2.0']],
  ['GPL-2.0-with-bison-exception', ['GPL-2.0', 'Bison-exception-2.2']],
  ['GPL-2.0-with-classpath-exception', ['GPL-2.0', 'Classpath-exception-2.0']],
  ['GPL-2.0-with-font-exception', ['GPL-2.0', 'Font-exception-2.0']],
  ['GPL-3.0-with-GCC-exception', ['GPL-3.0', 'GCC-exception-3.1']],
  ['GPL-3.0-with-autoconf-exception', ['GPL-3.0', 'Autoconf-exception-3.0']],
]);

const gnu = /^((?:A|L)?GPL|GFDL)-\d/;

/** A term in today's words: `GPL-2.0` is `GPL-2.0-only`, `GPL-2.0+` and `GPL-2.0-or-later` are one. */
export function termOf(id: string, plus: boolean, exception: string | undefined): LicenceTerm {
  const [bare, implied] = combined.get(id) ?? [id, undefined];
  const orLater = plus || bare.endsWith('-or-later');
  const stem = bare.replace(/-(?:only|or-later)$/, '');
  const hasOnly = gnu.test(stem) && known.has(`${stem}-only`);
  return { id: hasOnly ? `${stem}-only` : bare, orLater, exception: exception ?? implied };
}

/** `GPL-2.0-or-later WITH Classpath-exception-2.0`, `Apache-1.1+`. */
export function termText({ id, orLater, exception }: LicenceTerm): string {
  const base = !orLater ? id : id.endsWith('-only') ? `${id.slice(0, -5)}-or-later` : `${id}+`;
  return exception === undefined ? base : `${base} WITH ${exception}`;
}

interface Numbered {
  readonly id: string;
  readonly family: string;
  readonly version: readonly number[];
}

function numbered(id: string): Numbered | undefined {
  const match = /^(.{1,40}?)-(\d{1,4}(?:\.\d{1,4}){0,3})(-only)?$/.exec(id);
  const [, family, version] = match ?? [];
  if (family === undefined || version === undefined) return undefined;
  return { id, family, version: version.split('.').map(Number) };
}

const families: ReadonlyMap<string, readonly Numbered[]> = Map.groupBy(
  [...new Set([...known].map((id) => termOf(id, false, undefined).id))].flatMap((id) => numbered(id) ?? []),
  ({ family }) => family,
);

/** The ids "this version or a later one" stands for, itself first. */
export function versionsFrom(id: string): readonly string[] {
  const own = numbered(id);
  if (own === undefined) return [id];
  const later = (families.get(own.family) ?? []).filter((one) => compare(one.version, own.version) > 0);
  return [id, ...later.toSorted((a, b) => compare(a.version, b.version)).map((one) => one.id)];
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
