/**
 * R9: another account, another e-mail, or another way to publish than was usual. Maintainers come and go: what is mild and alone
 * warns, and stops refusing after a fortnight in the open.
 */
import type { Context } from './context.ts';
import type { PublisherSignal, PublisherSignals } from './publisher-signals.ts';
import type { Suspicion } from './suspicion.ts';
import { finding, notAvailable, quote, verdictOf, type Verdict } from './verdict.ts';

/** Below it a package has no habits to break. */
const fewestBefore = 5;

export function publisherChanged(
  context: Context,
  publisher: PublisherSignals,
  suspicion: Suspicion,
): Verdict {
  const { signals } = publisher;
  if (signals === undefined) return notAvailable;
  const found = [...signals].map((signal) => {
    const result = refuses(signal, context, publisher, suspicion) ? 'fail' : 'warn';
    return finding('publisher-changed', signal, result, messageOf(signal, context, publisher));
  });
  return verdictOf(found, 'pass');
}

function refuses(
  signal: PublisherSignal,
  { aged }: Context,
  { known, before }: PublisherSignals,
  suspicion: Suspicion,
): boolean {
  const { strong, mild, lower, newDependency, stranger } = suspicion;
  if (before < fewestBefore || signal === 'no-git-head') return false;
  const serious = strong.length > 0 || lower;
  const beside = serious || mild.length > 0 || newDependency;
  switch (signal) {
    // Maintainers come and go: alone it is a note.
    case 'new-account':
      return serious || (beside && !aged);
    case 'other-email':
    case 'other-trusted-publisher':
      return serious || !aged;
    case 'by-credential':
    case 'no-approver':
      // The downgrade is the same fact seen by another rule: it does not count twice.
      return !aged || !known || stranger || strong.length > 0 || mild.length > 0 || newDependency;
  }
}

function messageOf(signal: PublisherSignal, { input }: Context, { usual, before }: PublisherSignals): string {
  const { publisher, publisherEmail, trustedPublisher } = input.version.publication;
  const earlier = usual.map((name) => quote(name)).join(', ');
  switch (signal) {
    case 'new-account':
      return `Account ${quote(publisher)} published this package for the first time (${before} versions before, by ${earlier}).`;
    case 'other-email':
      return `Account ${quote(publisher)} published with another e-mail than before, ${quote(publisherEmail)}: so it looks when somebody takes an account over.`;
    case 'other-trusted-publisher':
      return `It was published through ${quote(trustedPublisher)}, which this package never used.`;
    case 'by-credential':
      return `Account ${quote(publisher)} published it by hand or with a token, where a trusted workflow was usual.`;
    case 'no-approver':
      return 'Nobody approved the publication, where a second person was usual.';
    case 'no-git-head':
      return 'It names no commit (gitHead), as every version before it did.';
  }
}
