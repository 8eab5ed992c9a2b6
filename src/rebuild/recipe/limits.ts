import type { RunLimits, RunSpec } from '../../core/sandbox.ts';

const gibibyte = 1024 ** 3;

export const defaultLimits: RunLimits = {
  memoryBytes: 4 * gibibyte,
  processes: 512,
  cpuSeconds: 3600,
  wallMs: 30 * 60_000,
  diskBytes: 6 * gibibyte,
};

/** Runs of the base's own programs, such as `tar`. */
export const utilityRun = {
  cwd: '/',
  env: {},
  network: { kind: 'none' },
  sourceDateEpoch: 0,
  freezeClock: false,
  limits: { ...defaultLimits, memoryBytes: gibibyte, cpuSeconds: 300, wallMs: 5 * 60_000 },
} as const satisfies Partial<RunSpec>;
