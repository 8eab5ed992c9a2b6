/** Every rule about chains. Their digest is part of each report: other rules, and packages are scanned anew. */
import { createHash } from 'node:crypto';
import { words } from '../text-signals.ts';
import { executionRules } from './execution.ts';
import { exfiltrationRules } from './exfiltration.ts';
import { harmRules } from './harm.ts';
import type { ChainRule } from './rule.ts';

export const chainRules: readonly ChainRule[] = [...exfiltrationRules, ...executionRules, ...harmRules];

/** Raised with every change of what the scanner does that the tables do not show. */
export const scannerVersion = '6';

export const rulesDigest: string = createHash('sha256')
  .update(
    JSON.stringify([scannerVersion, chainRules, words], (_, value: unknown) =>
      value instanceof RegExp ? value.source : value,
    ),
  )
  .digest('hex');
