/** What the alarms of one file hang on, which only another file of the package can tell. */

/** `f(a, process.env)`, where the file that `specifier` names exports `f`. */
export interface Loan {
  readonly specifier: string;
  /** Undefined: it is all that the file exports, or its default. */
  readonly exported: string | undefined;
  /** Which argument. */
  readonly index: number;
}

/** `f(a, process.env)`, before it is known where `f` is from. */
export interface LoanTo {
  /** The variable that is called. */
  readonly name: string;
  readonly index: number;
}

/** Empty lists: the alarms stay as they are. */
export interface Doubts {
  /** For `data-to-code`: every file of data that the file names. */
  readonly data: readonly string[];
  /** For `exfiltrate-environment`: whom it lends the environment, and to nobody else does it give it. */
  readonly loans: readonly Loan[];
}
