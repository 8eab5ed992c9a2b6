/** How strongly a version is tied to a place and a person, by number: the index in `trustRanks`. */
import { trustRanks, type TrustRank } from '../../core/expectation.ts';
import type { Publication } from '../../core/index-view.ts';

export function rankNumber(rank: TrustRank): number {
  return trustRanks.indexOf(rank);
}

export function rankName(rank: number): TrustRank {
  return trustRanks[rank] ?? 'none';
}

export interface Ties {
  readonly signed: boolean;
  readonly provenance: boolean;
  readonly trustedPublisher: boolean;
  readonly approver: boolean;
}

/** Each step needs the one before it: an approver's name without provenance says nothing of where it was built. */
export function rankOfTies({ signed, provenance, trustedPublisher, approver }: Ties): number {
  if (!provenance) return rankNumber(signed ? 'signed' : 'none');
  if (approver) return rankNumber('staged');
  return rankNumber(trustedPublisher ? 'trusted-publisher' : 'provenance');
}

/** As the index claims it. `verified`: its provenance was verified here, whatever the index says now. */
export function claimedRank(publication: Publication, verified = false): number {
  return rankOfTies({
    signed: publication.signatures > 0,
    provenance: publication.attested || verified,
    trustedPublisher: publication.trustedPublisher !== undefined,
    approver: publication.approver !== undefined,
  });
}
