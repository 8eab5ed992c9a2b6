/**
 * Parts of an ELF file that name its debug files and do nothing (System V ABI; gdb, "Debugging Information in Separate Files"): found by
 * the section headers, and believed only where the program headers agree that nothing of them is ever run.
 */
export interface Span {
  readonly from: number;
  readonly to: number;
}

interface Section extends Span {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
}

interface Segment {
  readonly loaded: Span;
  /** A loader maps whole pages. */
  readonly mapped: Span;
  readonly executable: boolean;
}

const mostHeaders = 4096;
const pageBytes = 4096;
const noteType = 7;
const programBits = 1;
const allocated = 2;

/** The id of a note `.note.gnu.build-id`, without the note's own header. Undefined: there is none of the expected form. */
export function buildIdSpan(bytes: Uint8Array): Span | undefined {
  const elf = readElf(bytes);
  const section = only(elf?.sections, '.note.gnu.build-id');
  if (elf === undefined || section?.type !== noteType || section.flags !== allocated) return undefined;
  const view = viewOf(bytes);
  const length = section.to - section.from - 16;
  const isNote =
    length >= 8 &&
    length <= 20 &&
    view.getUint32(section.from, true) === 4 &&
    view.getUint32(section.from + 4, true) === length &&
    view.getUint32(section.from + 8, true) === 3 &&
    view.getUint32(section.from + 12, true) === 0x00554e47;
  if (!isNote || elf.segments.some(({ executable, mapped }) => executable && overlap(mapped, section)))
    return undefined;
  return { from: section.from + 16, to: section.to };
}

/** All of `.gnu_debuglink`: a name made of the build id, and a checksum of the debug file. */
export function debugLinkSpan(bytes: Uint8Array): Span | undefined {
  const elf = readElf(bytes);
  const section = only(elf?.sections, '.gnu_debuglink');
  if (elf === undefined || section?.type !== programBits || section.flags !== 0) return undefined;
  const text = Buffer.from(bytes.subarray(section.from, section.to)).toString('latin1');
  const isLink = /^[0-9a-f]{14,38}\.debug\0{1,4}[^]{4}$/.test(text) && text.length <= 64;
  if (!isLink || elf.segments.some(({ loaded }) => overlap(loaded, section))) return undefined;
  return section;
}

/** The id at the end of `.gnu_debugaltlink`, behind a path: of the file that dwz moved common debug information to. */
export function debugAltLinkSpan(bytes: Uint8Array): Span | undefined {
  const elf = readElf(bytes);
  const section = only(elf?.sections, '.gnu_debugaltlink');
  if (elf === undefined || section?.type !== programBits || section.flags !== 0) return undefined;
  const text = Buffer.from(bytes.subarray(section.from, section.to)).toString('latin1');
  const isLink = /^\/usr\/lib\/debug\/\.dwz\/[A-Za-z0-9+._/-]{1,200}\.debug\0[^]{20}$/.test(text);
  if (!isLink || elf.segments.some(({ loaded }) => overlap(loaded, section))) return undefined;
  return { from: section.to - 20, to: section.to };
}

/** What a loader maps so that it can be run, as it lies in the file. Undefined: no such file. */
export function executableSpans(bytes: Uint8Array): readonly Span[] | undefined {
  return readElf(bytes)?.segments.flatMap(({ loaded, executable }) => (executable ? [loaded] : []));
}

function only(sections: readonly Section[] | undefined, name: string): Section | undefined {
  const [one, ...more] = sections?.filter((section) => section.name === name) ?? [];
  return more.length === 0 ? one : undefined;
}

function overlap(a: Span, b: Span): boolean {
  return a.from < b.to && b.from < a.to;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** 64 bits, little-endian. Undefined for all else, and where a header leads out of the file. */
function readElf(
  bytes: Uint8Array,
): { readonly sections: readonly Section[]; readonly segments: readonly Segment[] } | undefined {
  const view = viewOf(bytes);
  if (bytes.length < 64 || view.getUint32(0) !== 0x7f454c46 || bytes[4] !== 2 || bytes[5] !== 1)
    return undefined;
  try {
    return { sections: sectionsOf(bytes, view), segments: segmentsOf(bytes, view) };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function sectionsOf(bytes: Uint8Array, view: DataView): readonly Section[] {
  const [start, size, count] = [offset(view, 40), view.getUint16(58, true), view.getUint16(60, true)];
  if (size !== 64 || count > mostHeaders) throw new RangeError('no such headers');
  const spans = Array.from({ length: count }, (_, at) => {
    const from = start + at * size;
    const begin = offset(view, from + 24);
    const type = view.getUint32(from + 4, true);
    // What takes no room in the file lies nowhere in it.
    const length = type === 8 ? 0 : offset(view, from + 32);
    if (begin + length > bytes.length) throw new RangeError('out of the file');
    return {
      nameAt: view.getUint32(from, true),
      type,
      flags: offset(view, from + 8),
      from: begin,
      to: begin + length,
    };
  });
  const names = spans[view.getUint16(62, true)];
  if (names === undefined) throw new RangeError('no names');
  const table = Buffer.from(bytes.subarray(names.from, names.to));
  return spans.map(({ nameAt, type, flags, from, to }) => {
    const end = table.indexOf(0, nameAt);
    return { name: table.toString('latin1', nameAt, end === -1 ? nameAt : end), type, flags, from, to };
  });
}

/** Those that are loaded. */
function segmentsOf(bytes: Uint8Array, view: DataView): readonly Segment[] {
  const [start, size, count] = [offset(view, 32), view.getUint16(54, true), view.getUint16(56, true)];
  if ((size !== 56 && count > 0) || count > mostHeaders) throw new RangeError('no such headers');
  const segments: Segment[] = [];
  for (let at = 0; at < count; at += 1) {
    const header = start + at * size;
    if (view.getUint32(header, true) !== 1) continue;
    const from = offset(view, header + 8);
    const length = offset(view, header + 32);
    if (from + length > bytes.length) throw new RangeError('out of the file');
    const to = from + length;
    segments.push({
      loaded: { from, to },
      mapped: { from: Math.floor(from / pageBytes) * pageBytes, to: Math.ceil(to / pageBytes) * pageBytes },
      executable: (view.getUint32(header + 4, true) & 1) !== 0,
    });
  }
  return segments;
}

function offset(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  if (value > 0x1f_ffff_ffff_ffffn) throw new RangeError('too large');
  return Number(value);
}
