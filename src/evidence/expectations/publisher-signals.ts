/**
 * R9, first half: what is unusual about who published, without judging it. An account counts as known when it published (or
 * maintained) the package a fortnight before: what a thief published an hour ago makes nobody known.
 */
import { isJsonObject, own, ownString, type Json } from '../../core/json.ts';
import type { Context, Published } from './context.ts';
import { settledMs } from './terms.ts';

export type PublisherSignal =
  | 'new-account'
  | 'other-email'
  | 'other-trusted-publisher'
  | 'by-credential'
  | 'no-approver'
  | 'no-git-head';

export interface PublisherSignals {
  /** Undefined: nobody can say (no account named, or times that mean nothing). */
  readonly signals: ReadonlySet<PublisherSignal> | undefined;
  /** Same name and e-mail as a version published a fortnight before. */
  readonly known: boolean;
  /** How many versions there were before. */
  readonly before: number;
  /** Accounts that published before, newest first, at most three. */
  readonly usual: readonly string[];
}

/** How many versions tell a habit, and of how many. */
const window = 5;
const most = 3;

export function publisherSignals(context: Context): PublisherSignals {
  const { input, claimedMs, earlier } = context;
  const { publication } = input.version;
  const usual = [...new Set(earlier.toReversed().flatMap((one) => one.publication.publisher ?? []))].slice(
    0,
    3,
  );
  const shared = { before: earlier.length, usual };
  // No account named, here or before (mirrors leave them out): nothing to compare.
  if (claimedMs === undefined || publication.publisher === undefined || usual.length === 0) {
    return { ...shared, signals: undefined, known: false };
  }
  const account = accountSignal(context, claimedMs);
  const habits = habitOf(context);
  const signals = new Set<PublisherSignal>(account === undefined ? habits : [account, ...habits]);
  return { ...shared, signals, known: account === undefined };
}

/** A trusted publisher is a workflow, and not somebody's account: rules about provenance look at that. */
function accountSignal(context: Context, claimedMs: number): PublisherSignal | undefined {
  const { earlier, input, expectation } = context;
  const { publisher, publisherEmail, trustedPublisher } = input.version.publication;
  if (trustedPublisher !== undefined) {
    const others = earlier.flatMap((one) => one.publication.trustedPublisher ?? []);
    return others.length === 0 || others.includes(trustedPublisher) ? undefined : 'other-trusted-publisher';
  }
  const [first] = earlier;
  const settled = earlier.filter((one) => one === first || claimedMs - one.ms >= settledMs);
  const accounts = [...settled.flatMap(accountOf), ...maintainersBefore(context)];
  const same = accounts.filter(({ name }) => name === publisher);
  if (same.length === 0) {
    return publisher !== undefined && expectation?.publishers.includes(publisher) === true
      ? undefined
      : 'new-account';
  }
  const emails = same.flatMap(({ email }) => (email === undefined ? [] : [email.toLowerCase()]));
  if (emails.length === 0 || publisherEmail === undefined) return undefined;
  return emails.includes(publisherEmail.toLowerCase()) ? undefined : 'other-email';
}

interface Account {
  readonly name: string;
  readonly email: string | undefined;
}

function accountOf({ publication }: Published): readonly Account[] {
  const { publisher, publisherEmail, trustedPublisher } = publication;
  if (publisher === undefined || trustedPublisher !== undefined) return [];
  return [{ name: publisher, email: publisherEmail }];
}

const mostMaintainers = 500;

/** Those who could publish when the predecessor was published, if that is settled too. */
function maintainersBefore({ input, earlier, claimedMs }: Context): readonly Account[] {
  const before = earlier.find((one) => one.version === input.predecessor?.version);
  if (before === undefined || claimedMs === undefined || claimedMs - before.ms < settledMs) return [];
  const listed = own(input.history?.predecessorManifest ?? {}, 'maintainers');
  if (!Array.isArray(listed)) return [];
  return (listed as readonly Json[]).slice(0, mostMaintainers).flatMap((one) => {
    const name = isJsonObject(one) ? ownString(one, 'name') : undefined;
    return name === undefined || !isJsonObject(one) ? [] : [{ name, email: ownString(one, 'email') }];
  });
}

/**
 * Of its line where that has a history, else of the package. What came in the days before breaks no habit: it may be by the
 * same hand (nx 2025: eight versions of a stolen token within hours).
 */
function habitOf({ earlier, line, input, claimedMs }: Context): readonly PublisherSignal[] {
  const settled = earlier.filter(({ ms }) => claimedMs !== undefined && claimedMs - ms >= settledMs);
  const known = settled.length >= most ? settled : earlier;
  const same = known.filter((one) => one.line === line);
  const recent = (same.length >= most ? same : known).slice(-window);
  const count = (has: (one: Published) => boolean): number => recent.filter(has).length;
  const { trustedPublisher, approver, gitHead } = input.version.publication;
  const found: PublisherSignal[] = [];
  if (
    trustedPublisher === undefined &&
    count((one) => one.publication.trustedPublisher !== undefined) >= most
  )
    found.push('by-credential');
  if (approver === undefined && count((one) => one.publication.approver !== undefined) >= most)
    found.push('no-approver');
  const always =
    recent.length >= most && count((one) => one.publication.gitHead !== undefined) === recent.length;
  if (gitHead === undefined && always) found.push('no-git-head');
  return found;
}
