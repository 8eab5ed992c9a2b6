/** Licences of real packages: what each declares, and what its own texts are. */
import { Parser } from 'tar';
import type { LicenceFinding } from '../../../src/core/scan-report.ts';
import { isJsonObject, type JsonObject } from '../../../src/core/json.ts';
import { declaredIn } from '../../../src/evidence/licences/declared.ts';
import { detectedIn, isNamedIn } from '../../../src/evidence/licences/detected.ts';
import { createLicenceLook } from '../../../src/licences/files.ts';

export interface RealLicence {
  /** `name@version` */
  readonly id: string;
  readonly declared: string;
  readonly detected: string;
  /**
   * `agreed`: each text is one that it declares. `more`: one is, others are not. `differs`: none is. `unknown`: its texts
   * are of no licence that we know. `no-text`: it ships none. `undeclared`: it declares no expression.
   */
  readonly outcome: 'agreed' | 'more' | 'differs' | 'unknown' | 'no-text' | 'undeclared';
  /** Words about rights that no licence explains. */
  readonly unexplained: boolean;
}

export async function licenceOf(id: string, tarball: Uint8Array): Promise<RealLicence> {
  const { packageJson, findings } = await read(tarball);
  const { declared } = declaredIn(packageJson);
  const { own, unexplained } = detectedIn(findings);
  const texts = own.length + unexplained.length;
  const outcome = ((): RealLicence['outcome'] => {
    if (declared.kind !== 'expression') return 'undeclared';
    if (texts === 0) return 'no-text';
    if (own.length === 0) return 'unknown';
    const named = own.filter((one) => isNamedIn(declared.expression, one)).length;
    return named === own.length ? 'agreed' : named > 0 ? 'more' : 'differs';
  })();
  return {
    id,
    declared: declared.kind === 'none' ? '–' : declared.text,
    detected: own.map((one) => one.id).join(', ') || '–',
    outcome,
    unexplained: unexplained.length > 0,
  };
}

async function read(
  tarball: Uint8Array,
): Promise<{ readonly packageJson: JsonObject; readonly findings: readonly LicenceFinding[] }> {
  const look = createLicenceLook();
  let packageJson: JsonObject = {};
  await new Promise<void>((resolve, reject) => {
    const parser = new Parser({ strict: true });
    parser.on('entry', (entry) => {
      const path = entry.path.slice(entry.path.indexOf('/') + 1);
      const parts: Buffer[] = [];
      entry.on('data', (part: Buffer) => parts.push(part));
      entry.on('end', () => {
        const bytes = Buffer.concat(parts);
        if (path === 'package.json') packageJson = jsonOf(bytes);
        else look.look(path, bytes);
      });
    });
    parser.on('end', resolve);
    parser.on('error', reject);
    parser.end(Buffer.from(tarball));
  });
  return { packageJson, findings: await look.found() };
}

function jsonOf(bytes: Buffer): JsonObject {
  const value: unknown = JSON.parse(bytes.toString('utf8'));
  return isJsonObject(value) ? value : {};
}

export function realTable(rows: readonly RealLicence[]): string {
  const count = (outcome: RealLicence['outcome']): number =>
    rows.filter((one) => one.outcome === outcome).length;
  const withText = rows.filter(({ outcome }) => outcome !== 'no-text' && outcome !== 'undeclared').length;
  const listed = rows.filter(({ outcome }) => ['more', 'differs', 'unknown', 'undeclared'].includes(outcome));
  return [
    `${rows.length} packages; ${withText} declare an expression and ship a text of their own. Of these **${count('agreed')} agree**, ` +
      `${count('more')} have another text beside, ${count('differs')} have another text only, ${count('unknown')} one that we do not know. ` +
      `${count('no-text')} ship no text, ${count('undeclared')} declare no expression. ` +
      `${rows.filter(({ unexplained }) => unexplained).length} have words about rights that no licence explains.`,
    '',
    '| package | declares | its texts are | |',
    '| --- | --- | --- | --- |',
    ...listed.map((one) => `| ${[one.id, one.declared, one.detected, one.outcome].map(cell).join(' | ')} |`),
  ].join('\n');
}

/** What comes out of packages is text of strangers. */
function cell(text: string): string {
  return text.replace(/[\r\n|`<>\p{Cc}\p{Cf}]/gu, ' ').slice(0, 200);
}
