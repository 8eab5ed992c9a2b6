/** Has upstream deprecated this version? Shared by the collector and the index's facts. */
import { clip, type Finding } from '../record.ts';

/** `text` is upstream's message; undefined when it deprecated nothing. `endOfLife`: nor is there a version to move to. */
export function deprecationOf(text: string | undefined, endOfLife: boolean): Finding {
  if (text === undefined)
    return {
      result: 'pass',
      summary: 'Upstream has not deprecated it.',
      facts: { deprecated: false, endOfLife },
    };
  const message = text.trim() === '' ? 'no reason given' : clip(text, 300);
  return {
    result: 'warn',
    summary: `Deprecated by upstream: ${message}`,
    facts: { deprecated: true, message, endOfLife },
    items: [{ id: 'deprecation/message', message }, ...(endOfLife ? [atItsEnd] : [])],
  };
}

const atItsEnd = {
  id: 'deprecation/end-of-life',
  message: 'The version that upstream recommends is deprecated as well: there is none to move to.',
};
