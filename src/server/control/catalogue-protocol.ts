/**
 * Routes of the control socket about the catalogue (see `protocol.ts` for the others):
 *
 * | Route | Body | Answer |
 * |---|---|---|
 * | `POST /catalogue` | `catalogueRequest` | `CatalogueAnswer` |
 * | `POST /catalogue/release` | `{purl}` | `ReleaseCatalogue`: one release, what it stands on, and its closure |
 */
import { foundationRoles } from '../../catalogue/stands-on.ts';
import { classGrades, comparisonVerdicts, inputModes, type ClassGrade } from '../../core/rebuild.ts';
import { z } from '../zod.ts';

const purl = z.string().min(1).max(1024);
const count = z.number().int().min(0);
const gradeCounts = z.object({
  rebuilt: count,
  reproduced: count,
  attested: count,
  signed: count,
  unverified: count,
} satisfies Record<ClassGrade, typeof count>);
const classes = z.enum(['secure', 'community']);

export const catalogueRequest = z.object({
  /** Absent: all that is on record here. */
  purls: z.array(purl).max(20_000).optional(),
  /** What a lockfile says of their bytes (Subresource Integrity), by purl: another file of that name is not the Secure one. */
  integrity: z.record(purl, z.array(z.string().min(1).max(1024)).max(16)).optional(),
});
export type CatalogueRequest = z.infer<typeof catalogueRequest>;
export const catalogueLine = z.object({
  purl: z.string(),
  class: classes,
  grade: z.enum(classGrades),
  verdict: z.enum(comparisonVerdicts).optional(),
  because: z.string(),
});
export type CatalogueLine = z.infer<typeof catalogueLine>;
export const catalogueAnswer = z.object({
  packages: z.array(catalogueLine),
  secure: z.number(),
  community: z.number(),
  /** Asked for, and not known here. */
  unknown: z.array(z.string()),
  summary: z.object({
    total: count,
    secure: count,
    /** Rounded down; absent of nothing. */
    securePercent: count.optional(),
    grades: gradeCounts,
    unknown: count,
    /** What keeps most of the others from being Secure. */
    reasons: z.array(z.object({ because: z.string(), count })),
  }),
});
export type CatalogueAnswer = z.infer<typeof catalogueAnswer>;

export const standsOnShown = z.object({
  source: z.object({ repository: z.string(), approved: z.boolean() }).optional(),
  mode: z.enum(inputModes).optional(),
  counts: z.array(
    z.object({
      role: z.enum(foundationRoles),
      total: count,
      secure: count,
      grades: gradeCounts,
    }),
  ),
  /** Weakest first within a role. Names are hostile. */
  inputs: z.array(
    z.object({
      role: z.enum(foundationRoles),
      name: z.string(),
      purl: z.string().optional(),
      class: classes,
      grade: z.enum(classGrades),
      assayed: z.boolean(),
      suspected: z.boolean(),
    }),
  ),
});
export type StandsOnShown = z.infer<typeof standsOnShown>;

export const releaseCatalogueRequest = z.object({ purl });
export const releaseCatalogue = z.object({
  purl: z.string(),
  /** Absent: nothing is on record of it here. */
  release: catalogueLine.optional(),
  /** Absent: it was not built here. */
  standsOn: standsOnShown.optional(),
  /** Absent: its index does not tell, or it is of a kind whose dependencies are not resolved. */
  closure: z
    .object({
      total: count,
      secure: count,
      /** Of the total: not on record here, or not resolved. */
      unknown: count,
      clipped: z.boolean(),
      packages: z.array(catalogueLine),
      unknownPackages: z.array(z.string()),
    })
    .optional(),
});
export type ReleaseCatalogue = z.infer<typeof releaseCatalogue>;
