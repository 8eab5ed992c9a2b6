/** Settings to make in one file, as data that can be stored: what to edit, to which value, and how to go back. */
import { z } from '../../zod.ts';
import { iniKey } from './ini.ts';
import { revertSplice, spliceBetween, type KeyEditor } from './key-editor.ts';
import { tomlKey } from './toml.ts';
import { yamlKey, yamlListEntry } from './yaml-key.ts';
import { yarnrcKey } from './yarnrc.ts';

export const place = z.discriminatedUnion('form', [
  z.strictObject({ form: z.literal('ini'), key: z.string() }),
  z.strictObject({ form: z.literal('yarnrc'), key: z.string() }),
  z.strictObject({
    form: z.literal('yaml'),
    path: z.union([z.tuple([z.string()]), z.tuple([z.string(), z.string()])]),
  }),
  z.strictObject({ form: z.literal('yaml-list'), key: z.string(), entry: z.string() }),
  z.strictObject({ form: z.literal('toml'), table: z.string(), key: z.string() }),
]);
export type SettingPlace = z.infer<typeof place>;

export const doneEdit = z.strictObject({
  place,
  /** Null: it was not set. */
  before: z.string().nullable(),
  after: z.string(),
  splice: z.strictObject({ at: z.number().int().min(0), removed: z.string(), inserted: z.string() }),
});
export type DoneEdit = z.infer<typeof doneEdit>;

export interface WantedEdit {
  readonly place: SettingPlace;
  readonly value: string;
}

export function editorOf(where: SettingPlace): KeyEditor {
  switch (where.form) {
    case 'ini':
      return iniKey(where.key);
    case 'yarnrc':
      return yarnrcKey(where.key);
    case 'yaml':
      return yamlKey(where.path);
    case 'yaml-list':
      return yamlListEntry(where.key, where.entry);
    case 'toml':
      return tomlKey(where.table, where.key);
  }
}

export interface Edited {
  readonly text: string;
  readonly edits: readonly DoneEdit[];
}

/** Makes each setting in turn; one that has its value already is no edit. Throws RC_FILE_UNUSABLE. */
export function applyEdits(text: string, wanted: readonly WantedEdit[]): Edited {
  let current = text;
  const edits: DoneEdit[] = [];
  for (const { place: where, value } of wanted) {
    const editor = editorOf(where);
    const before = editor.read(current);
    if (before === value) continue;
    const next = editor.write(current, value);
    edits.push({ place: where, before: before ?? null, after: value, splice: spliceBetween(current, next) });
    current = next;
  }
  return { text: current, edits };
}

/** The exact text before the edits; undefined when this is not the text they led to. */
export function revertExactly(text: string, edits: readonly DoneEdit[]): string | undefined {
  return edits
    .toReversed()
    .reduce<string | undefined>(
      (now, edit) => (now === undefined ? undefined : revertSplice(now, edit.splice)),
      text,
    );
}

/** In a file that was changed since: puts back only settings that still have the value we gave them. */
export function revertSettings(text: string, edits: readonly DoneEdit[]): string {
  return edits.toReversed().reduce((now, edit) => {
    const editor = editorOf(edit.place);
    return editor.read(now) === edit.after ? editor.write(now, edit.before ?? undefined) : now;
  }, text);
}
