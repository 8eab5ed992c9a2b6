/** How current what a lockfile locks is, as the gate's indexes show it. */
import type { Currency } from '../../core/currency.ts';
import { currencyCounts, currencyLine, type CurrencyCounts } from '../../reports/currency-words.ts';
import type { LockfileCheck } from './check-lockfile.ts';

export interface CurrencySummary {
  readonly line: string;
  readonly counts: CurrencyCounts;
}

export function currencyOfCheck({ checked }: Pick<LockfileCheck, 'checked'>): CurrencySummary {
  // What no registry has is behind of nothing.
  return summaryOf(checked.flatMap(({ outcome, result }) => (outcome === 'local' ? [] : [result?.currency])));
}

export function summaryOf(all: readonly (Currency | undefined)[]): CurrencySummary {
  return { line: currencyLine(all), counts: currencyCounts(all) };
}
