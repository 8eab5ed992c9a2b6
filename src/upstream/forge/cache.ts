/**
 * Answers, kept for minutes: the releases of one package ask about the same repository. What was not learned, or may be
 * over soon (a run under way), is asked again sooner. Questions under way are shared.
 */
import type { Clock } from '../../core/time.ts';

export interface AnswerCache {
  readonly ask: <T>(key: string, question: () => Promise<T>, isFinal: (answer: T) => boolean) => Promise<T>;
}

interface Kept {
  readonly answer: Promise<unknown>;
  /** Milliseconds since the epoch; undefined while it is under way. */
  until: number | undefined;
}

const keptMs = 10 * 60_000;
const keptShortlyMs = 60_000;
const maxEntries = 5000;

export function createAnswerCache(clock: Clock): AnswerCache {
  const entries = new Map<string, Kept>();

  async function ask<T>(
    key: string,
    question: () => Promise<T>,
    isFinal: (answer: T) => boolean,
  ): Promise<T> {
    const now = clock().getTime();
    const known = entries.get(key);
    if (known !== undefined && (known.until === undefined || known.until > now))
      return known.answer as Promise<T>;
    const asked = question();
    const kept: Kept = { answer: asked, until: undefined };
    entries.delete(key);
    entries.set(key, kept);
    for (const oldest of entries.keys()) {
      if (entries.size <= maxEntries) break;
      entries.delete(oldest);
    }
    try {
      const answer = await asked;
      kept.until = clock().getTime() + (isFinal(answer) ? keptMs : keptShortlyMs);
      return answer;
    } catch (error) {
      entries.delete(key);
      throw error;
    }
  }

  return { ask };
}
