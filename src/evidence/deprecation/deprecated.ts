/** Has upstream deprecated this version? Shared by the collector and the index's facts. */
import { clip, type Finding } from '../record.ts';

/** `text` is upstream's message; undefined when it deprecated nothing. */
export function deprecationOf(text: string | undefined): Finding {
  if (text === undefined)
    return { result: 'pass', summary: 'Upstream has not deprecated it.', facts: { deprecated: false } };
  const message = text.trim() === '' ? 'no reason given' : clip(text, 300);
  return {
    result: 'warn',
    summary: `Deprecated by upstream: ${message}`,
    facts: { deprecated: true, message },
    items: [{ id: 'deprecation/message', message }],
  };
}
