/** A rule is data: what must come together in one function (or one small file), and how bad that is. */
import type { Severity } from '../../core/advisory.ts';
import type { Signal } from '../signals.ts';
import type { Flow } from '../syntax/facts.ts';

export type Sign = Signal | Flow;

export interface ChainRule {
  /** `malware/<name>`. Stable. */
  readonly id: string;
  readonly severity: Severity;
  /** When an install script reaches the file. */
  readonly atInstall: Severity;
  /** One of each list. The finding stands at the place of the first list's sign. */
  readonly all: readonly (readonly Sign[])[];
  readonly message: string;
  /** Public write-ups of what it was learned from. */
  readonly references: readonly string[];
}

export const networkSigns = ['network', 'network-send', 'raw-socket'] as const;
export const sendSigns = ['network-send', 'dns'] as const;
