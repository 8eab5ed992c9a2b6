/** What is known of the names of a file when its expressions are read. */
import type { Node } from './tree.ts';

export interface Folded {
  readonly text: string;
  /** It was written so that reading does not show it: base64, hex, character codes, reversed. */
  readonly decoded: boolean;
  /** Some of it is not known: a space stands for each such part. */
  readonly partial?: true;
}

export type Value = string | number;

/** What names stand for here. Flow is not followed: the last assignment of a constant counts. */
export interface Constants {
  readonly text: (name: string) => Folded | undefined;
  readonly number: (name: string) => number | undefined;
  /** Texts and numbers of an array. */
  readonly list: (name: string) => readonly Value[] | undefined;
  /** Text of a property of an object that was written in this file. */
  readonly member: (node: Node) => Folded | undefined;
  /** A function of one parameter that only returns an expression of it: how tables of strings are read. */
  readonly decoder: (name: string) => Decoder | undefined;
  /** `fold` of fold.ts, for values that hold texts. */
  readonly fold: (node: Node | undefined, constants: Constants, depth?: number) => Folded | undefined;
  /** Steps that may still be made in this file: hostile code nests loops over loops. */
  readonly budget: { left: number };
}

export interface Decoder {
  readonly parameter: string;
  readonly returns: Node;
}
