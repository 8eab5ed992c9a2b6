/**
 * The error catalogue: code → meaning, remedy. Codes are never renamed or reused.
 * Keep it sorted; `docs/errors.md` is generated from it by `scripts/generate-docs.ts`.
 */
export interface ErrorEntry {
  readonly meaning: string;
  readonly remedy: string;
}

const catalogue = {
  CANONICAL_JSON_UNREPRESENTABLE: {
    meaning: 'A value has no canonical JSON form (RFC 8785).',
    remedy: 'Report it: nothing that reaches this point should hold such a value.',
  },
  PURL_INVALID: {
    meaning: 'A package URL could not be read.',
    remedy: 'Write it as pkg:npm/name@version, with @scope as %40scope.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof catalogue;

export const errorCodes: Readonly<Record<ErrorCode, ErrorEntry>> = catalogue;
