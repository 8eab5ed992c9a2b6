import type { JsonObject } from '../../../../src/core/json.ts';

/** A harmless package that does for good reasons what attackers do. */
export interface Twin {
  readonly id: string;
  /** The incident or the rule it could be taken for. */
  readonly looksLike: string;
  readonly manifest: JsonObject;
  readonly files: Readonly<Record<string, string>>;
}
