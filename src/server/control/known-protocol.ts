/** What a check tells of a version besides the decision: how current it is, its licence, and what is stated of advisories. */
import { parsePurl, type Purl } from '../../core/purl.ts';
import { z } from '../zod.ts';

const text = z.string().max(2000);
const count = z.number().int().min(0);

/** `Currency` of core/currency.ts. */
export const currencyShown = z.object({
  newest: text.nullable(),
  majors: count,
  minors: count,
  patches: count,
  days: count.nullable(),
  deprecated: text.nullable(),
  endOfLife: z.boolean(),
  lastPublishedDaysAgo: count.nullable(),
  abandoned: z.boolean().nullable(),
});

/** From the evidence `licences`. */
export const licenceShown = z.object({
  /** SPDX expression that declaration and texts agree on; null: they do not, or neither says. */
  concluded: text.nullable(),
  /** SPDX ids of its own licence texts. */
  detected: z.array(text).max(100),
});
export type LicenceShown = z.infer<typeof licenceShown>;

/** `VexStatement` of core/vex.ts. */
export const vexShown = z.object({
  author: text,
  product: z.custom<Purl>((value) => typeof value === 'string' && isPurl(value)),
  vulnerabilities: z.tuple([text], text),
  status: z.enum(['not_affected', 'affected', 'fixed', 'under_investigation']),
  justification: z
    .enum([
      'component_not_present',
      'vulnerable_code_not_present',
      'vulnerable_code_not_in_execute_path',
      'vulnerable_code_cannot_be_controlled_by_adversary',
      'inline_mitigations_already_exist',
    ])
    .optional(),
  statement: text,
  from: z.iso.datetime(),
  until: z.iso.datetime().optional(),
  cyclonedx: z
    .object({
      state: z.enum([
        'resolved',
        'resolved_with_pedigree',
        'exploitable',
        'in_triage',
        'false_positive',
        'not_affected',
      ]),
      justification: text.optional(),
      responses: z.array(text).max(20),
    })
    .optional(),
});
export type VexShown = z.infer<typeof vexShown>;

/** In force, about this version. */
export const vexOfVersion = z.object({ statements: z.array(vexShown).max(20), more: count });

function isPurl(value: string): value is Purl {
  try {
    parsePurl(value);
    return value.length <= 2048;
  } catch {
    return false;
  }
}
