/** The licence texts of SPDX's test set, by the id that each should be named, and how an answer is graded. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import spdxList from 'spdx-license-list/full.js';
import type { Detection } from '../../../src/licences/detect.ts';
import { termOf } from '../../../src/licences/ids.ts';

export const licenceTexts = join(
  process.env['ASSAY_SHARED'] ?? join(import.meta.dirname, '../../../../shared'),
  'vectors/licences',
);
export const skipLicenceTexts = existsSync(licenceTexts)
  ? false
  : 'ASSAY_SHARED/vectors/licences is not there';

export interface LicenceText {
  readonly id: string;
  readonly text: string;
  /** `licence`: the list has it. `exception`: an addition to a licence. `newer`: not in the list that we have. */
  readonly group: 'licence' | 'exception' | 'newer';
}

export function textsOfSpdx(): readonly LicenceText[] {
  return readdirSync(licenceTexts)
    .filter((name) => name.endsWith('.txt'))
    .sort()
    .map((name) => {
      const id = name.slice(0, -'.txt'.length).replace(/^depreciate_/, '');
      return { id, text: readFileSync(join(licenceTexts, name), 'utf8'), group: groupOf(id) };
    });
}

const ids = new Set(Object.keys(spdxList).map((id) => id.toLowerCase()));

function groupOf(id: string): LicenceText['group'] {
  if (/exception|-note$|assembly|^LLGPL$|^Google-Patent|^SHL-2|^GPL-CC|^Universal-FOSS/i.test(id)) {
    return ids.has(id.toLowerCase()) ? 'licence' : 'exception';
  }
  // The set has variants of some texts under names of their own (`OpenSSL-standalone` is an id, `BSD-2-Clause-Darwin` too).
  return ids.has(id.toLowerCase()) ? 'licence' : 'newer';
}

/**
 * `right`: its id, or one that has the very same text, and nothing else. `and-more`: its id, and words that no licence
 * explains or another id. `wrong`: another id. `unknown`: no id.
 */
export type Grade = 'right' | 'and-more' | 'wrong' | 'unknown';

export function gradeOf(id: string, found: readonly Detection[]): Grade {
  const names = found.filter((one) => one.id !== undefined);
  const isNamed = names.some((one) =>
    [one.id ?? '', ...one.also].some((name) => namesOf(name).some((a) => namesOf(id).includes(a))),
  );
  if (isNamed) return found.length === 1 ? 'right' : 'and-more';
  return names.length > 0 ? 'wrong' : 'unknown';
}

/** A text cannot say `-only` or `-or-later`; the text under an old combined id is that of the exception alone. */
function namesOf(name: string): readonly string[] {
  if (name.toLowerCase() === 'wxwindows') return namesOf('WxWindows-exception-3.1');
  const { id, exception } = termOf(name.replace(/\+$/, ''), false, undefined);
  return [(exception ?? id).toLowerCase()];
}
