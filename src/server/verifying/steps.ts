/** What was checked, one step at a time, and what it comes to. A step that was not checked never looks like one that passed. */
export type StepResult = 'passed' | 'failed' | 'doubtful' | 'not-available' | 'not-checked';

export interface Step {
  /** Two or three words, such as `gate signature`. */
  readonly name: string;
  readonly result: StepResult;
  /** One sentence; may quote hostile text. */
  readonly text: string;
}

/** `verified`: something was, and nothing speaks against it. */
export interface Verification {
  readonly about: string;
  readonly verified: boolean;
  readonly steps: readonly Step[];
}

export function concluded(about: string, steps: readonly Step[]): Verification {
  const has = (result: StepResult): boolean => steps.some((one) => one.result === result);
  return { about, steps, verified: has('passed') && !has('failed') };
}
