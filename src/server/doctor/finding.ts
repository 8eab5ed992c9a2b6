/** One thing `assay doctor` looked at. */

export interface Finding {
  readonly state: 'good' | 'warning' | 'bad';
  readonly about: string;
  readonly message: string;
  /** What to do; empty when it is good. */
  readonly remedy: string;
}
