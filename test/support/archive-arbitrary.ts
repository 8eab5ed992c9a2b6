/** Random honest archives, for property tests. */
import fc from 'fast-check';
import { directory, file, gnuLong, pax } from './tar-builder.ts';

export interface RandomMember {
  readonly path: string;
  readonly type: 'file' | 'directory';
  readonly mode: number;
  readonly content: Uint8Array;
  /** How its name is written. */
  readonly how: 'header' | 'pax' | 'gnu';
}

const segment = fc
  .string({ unit: fc.constantFrom(...Array.from('abcxyz019-_. @+é漢')), minLength: 1, maxLength: 12 })
  // Unlike every other name whatever the rest is: collisions have tests of their own.
  .map((text) => `n${text}`);

const memberArbitrary = fc.record({
  segments: fc.array(segment, { minLength: 0, maxLength: 4 }),
  type: fc.constantFrom<RandomMember['type'][]>('file', 'file', 'file', 'directory'),
  mode: fc.constantFrom(0o644, 0o755, 0o600, 0o777, 0),
  content: fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.uint8Array({ minLength: 500, maxLength: 1600, size: 'max' }),
  ),
  how: fc.constantFrom<RandomMember['how'][]>('header', 'pax', 'gnu'),
});

export const archiveArbitrary: fc.Arbitrary<readonly RandomMember[]> = fc
  .array(memberArbitrary, { minLength: 1, maxLength: 8 })
  .map((members) =>
    members.map(({ segments, type, mode, content, how }, at): RandomMember => {
      const path = ['package', `${at}`, ...segments].join('/');
      const plain = Buffer.byteLength(path) < 99 ? how : how === 'header' ? 'pax' : how;
      return {
        path,
        type,
        mode,
        content: type === 'directory' ? new Uint8Array(0) : content,
        how: plain,
      };
    }),
  );

export function builtFrom({ path, type, mode, content, how }: RandomMember): Buffer {
  const written = how === 'header' ? path : 'short';
  const body = type === 'file' ? file(written, content, mode) : directory(written, mode);
  if (how === 'header') return body;
  const slash = type === 'directory' ? '/' : '';
  return Buffer.concat([
    how === 'pax' ? pax({ path: `${path}${slash}`, mtime: '12.5' }) : gnuLong(`${path}${slash}`),
    body,
  ]);
}
