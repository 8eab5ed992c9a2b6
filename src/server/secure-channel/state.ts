/** Whether the channel is open, as `assay status` tells it. */
import type { SecureChannelSettings } from '../config/settings.ts';
import type { StatusAnswer } from '../control/protocol.ts';

export interface ChannelState {
  readonly opened: (url: string) => void;
  /** `why`: one sentence. */
  readonly notOpened: (why: string) => void;
  readonly shown: () => StatusAnswer['secureChannel'];
  readonly problems: () => readonly string[];
}

export function createChannelState({ enabled, serve, missing }: SecureChannelSettings): ChannelState {
  let url: string | undefined;
  let problem: string | undefined;
  return {
    opened: (at) => void (url = at),
    notOpened: (why) => void (problem = why),
    shown: () => ({
      state: !enabled ? 'off' : url === undefined ? 'closed' : 'open',
      ...(url === undefined ? {} : { url }),
      serve,
      missing,
    }),
    problems: () => (problem === undefined ? [] : [problem]),
  };
}
