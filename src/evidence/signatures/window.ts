/**
 * Was the key in force when it signed? Judged by times nobody can move: a log's, or our own looks at the index. Never
 * by the index's `time`, which is unsigned (peers accept an expired key under a backdated one).
 */
import type { Observation } from '../../core/collector.ts';
import { instantOf } from '../../core/time.ts';
import type { RegistryKey } from '../../core/trust.ts';

export interface PublicationTimes {
  /** From the verified publish attestation or provenance of these same bytes; undefined when there is none. */
  readonly logTime: string | undefined;
  readonly observation: Observation;
  readonly now: string;
}

export type WindowVerdict =
  | {
      readonly state: 'held';
      readonly time: string | undefined;
      readonly from: 'log' | 'first-sight' | undefined;
    }
  /** Nothing shows it, nothing speaks against it. */
  | { readonly state: 'unproven'; readonly id: string; readonly why: string }
  | { readonly state: 'broken'; readonly id: string; readonly why: string };

type KeyWindow = RegistryKey['usages'][number];

/** Is the end of the key past? A bound that cannot be read counts as past. */
export function isRetired({ until }: KeyWindow, now: string): boolean {
  return until !== undefined && !(instantOf(now) <= instantOf(until));
}

export function judgeWindow(window: KeyWindow, times: PublicationTimes): WindowVerdict {
  const { logTime, observation, now } = times;
  const { from, until } = window;
  if (from !== undefined && !(instantOf(from) <= instantOf(now)))
    return broken('key-not-yet-valid', `The key is valid from ${from} on, which has not come.`);
  if (logTime !== undefined) return byLog(window, logTime);
  if (until !== undefined && isRetired(window, now)) {
    const { absentAt, presentAt } = observation;
    // The bytes under this version are those we saw then: a replaced version counts as absent before.
    if (instantOf(presentAt) <= instantOf(until))
      return { state: 'held', time: presentAt, from: 'first-sight' };
    if (absentAt !== undefined && !(instantOf(absentAt) <= instantOf(until))) {
      const why = `The key ended at ${until}; at ${absentAt} we saw the package without this version.`;
      return broken('key-ended', why);
    }
    return {
      state: 'unproven',
      id: 'signatures/key-retired',
      why: `The key ended at ${until}, and no trustworthy time shows that this was published before.`,
    };
  }
  if (from !== undefined && instantOf(observation.presentAt) < instantOf(from)) {
    return {
      state: 'unproven',
      id: 'signatures/key-newer',
      why: `The key is valid from ${from} on; we saw this version before, at ${observation.presentAt}.`,
    };
  }
  return { state: 'held', time: undefined, from: undefined };
}

/** The registry signs both the publish attestation and the version when it takes the package in. */
function byLog({ from, until }: KeyWindow, time: string): WindowVerdict {
  const at = instantOf(time);
  if (from !== undefined && !(instantOf(from) <= at))
    return broken('key-not-yet-valid', `Published at ${time}, before the key was valid (${from}).`);
  if (until !== undefined && !(at <= instantOf(until)))
    return broken('key-ended', `Published at ${time}, after the key had ended (${until}).`);
  return { state: 'held', time, from: 'log' };
}

function broken(what: string, why: string): WindowVerdict {
  return { state: 'broken', id: `signatures/${what}`, why };
}
