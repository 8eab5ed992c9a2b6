/** Nothing is remembered or asked: for judging without a gate, and for a gate that has no forge. */
import type { AskForge, History } from './deps.ts';

export const noHistory: History = {
  of: (request) =>
    Promise.resolve({
      verified: [],
      advertised: { attestedAt: undefined, signedAt: undefined },
      expectations: [],
      ofSamePublisher: [],
      predecessorManifest: request.predecessorManifest,
    }),
  decided: () => Promise.resolve(),
};

const notChecked = { state: 'not-checked', why: 'No forge is configured.' } as const;

export const noForge: AskForge = () =>
  Promise.resolve({ repository: notChecked, commit: notChecked, run: notChecked, tags: notChecked });
