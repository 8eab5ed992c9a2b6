/** Points a package manager at the gate, and back. Planning reads only; `applyPlan` and `applyUndo` write. */
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256 } from '../../core/digest.ts';
import { AssayError } from '../../core/errors.ts';
import { userConfigDirectory, type Surroundings } from '../config/surroundings.ts';
import { writeFileDurably } from '../durable-file.ts';
import { applyEdits, revertExactly, revertSettings, type DoneEdit, type WantedEdit } from './rc/edits.ts';
import {
  bunfigRegistries,
  npmrcRegistries,
  yarnrcRegistries,
  type NamedRegistries,
} from './rc/registries.ts';
import { targetOf, type TargetInput } from './targets.ts';
import { readTextIfThere, realPathOf } from './text-file.ts';
import {
  readUndoRecord,
  removeUndoRecord,
  writeUndoRecord,
  type Client,
  type UndoRecord,
} from './undo-record.ts';

export interface UsePlan {
  readonly client: Client;
  readonly version: string;
  readonly file: string;
  readonly before: string;
  readonly after: string;
  /** Undefined when the file says all of it already. */
  readonly record: UndoRecord | undefined;
  /** Scopes that are sent elsewhere: packages of theirs do not pass the gate. */
  readonly bypass: readonly { readonly scope: string; readonly url: string; readonly file: string }[];
}

/** Throws RC_FILE_UNUSABLE, PACKAGE_MANAGER_MISSING, PACKAGE_MANAGER_FAILED. */
export async function planUse(input: TargetInput & { readonly now: string }): Promise<UsePlan> {
  const target = await targetOf(input);
  const file = await realPathOf(target.file);
  const found = await readTextIfThere(file);
  const earlier = await readUndoRecord(userConfigDirectory(input.around), input.client, file);
  const before = found ?? '';
  const { text, edits, exact } = editsSinceOriginal(before, target.edits, earlier);
  const record: UndoRecord = {
    version: 1,
    client: input.client,
    file,
    gate: input.gate,
    at: input.now,
    created: found === undefined || (earlier?.created === true && exact),
    afterSha256: exact ? sha256(text) : '',
    edits: [...edits],
  };
  return {
    client: input.client,
    version: target.version,
    file,
    before,
    after: text,
    record: text === before ? undefined : record,
    bypass: await scopesElsewhere(text, file, input),
  };
}

interface EditsSinceOriginal {
  readonly text: string;
  readonly edits: readonly DoneEdit[];
  /** The edits lead from the original bytes; else only the settings can go back, not the bytes. */
  readonly exact: boolean;
}

/**
 * A second `assay use` (another gate) must not make the first gate the thing to go back to: it starts from what
 * was there before the first.
 */
function editsSinceOriginal(
  before: string,
  wanted: readonly WantedEdit[],
  earlier: UndoRecord | undefined,
): EditsSinceOriginal {
  const original = earlier?.afterSha256 === sha256(before) ? revertExactly(before, earlier.edits) : undefined;
  if (original !== undefined) return { ...applyEdits(original, wanted), exact: true };
  const { text, edits } = applyEdits(before, wanted);
  const first = (edit: DoneEdit): DoneEdit | undefined =>
    earlier?.edits.find(
      (one) => JSON.stringify(one.place) === JSON.stringify(edit.place) && one.after === edit.before,
    );
  return {
    text,
    edits: edits.map((edit) => ({ ...edit, before: (first(edit) ?? edit).before })),
    exact: edits.every((edit) => first(edit) === undefined),
  };
}

/** In the file itself, and in the user's `.npmrc`, whose scopes every client but Yarn Berry reads too. */
async function scopesElsewhere(
  text: string,
  file: string,
  { gate, around }: TargetInput,
): Promise<UsePlan['bypass']> {
  const npmrc = join(around.home, '.npmrc');
  const named: readonly (readonly [string, NamedRegistries])[] = file.endsWith('.yarnrc.yml')
    ? [[file, yarnrcRegistries(text)]]
    : [
        [file, file.endsWith('.toml') ? bunfigRegistries(text) : npmrcRegistries(text)],
        ...(file === npmrc ? [] : [[npmrc, npmrcRegistries((await readTextIfThere(npmrc)) ?? '')] as const]),
      ];
  const origin = gate.replace(/\/$/, '');
  return named
    .flatMap(([where, { scopes }]) => [...scopes].map(([scope, url]) => ({ scope, url, file: where })))
    .filter(({ url }) => url !== origin && !url.startsWith(`${origin}/`))
    .slice(0, 100);
}

/** Writes the undo record first: a crash in between leaves a record of a change that was not made, which undo sees. */
export async function applyPlan(plan: UsePlan, around: Surroundings): Promise<void> {
  if (plan.record === undefined) return;
  await refuseChanged(plan.file, plan.before);
  await writeUndoRecord(userConfigDirectory(around), plan.record);
  await mkdir(dirname(plan.file), { recursive: true });
  await writeFileDurably(plan.file, plan.after, 0o600);
}

export interface UndoPlan {
  readonly record: UndoRecord;
  readonly before: string;
  /** Undefined: the file goes. */
  readonly after: string | undefined;
  /** `exact`: every byte as it was. `settings`: the file was changed since, only our own settings go back. */
  readonly how: 'exact' | 'settings';
}

/** Undefined when there is nothing to undo. */
export async function planUndo(input: TargetInput): Promise<UndoPlan | undefined> {
  const target = await targetOf(input);
  const file = await realPathOf(target.file);
  const record = (await readUndoRecord(userConfigDirectory(input.around), input.client, file)) ?? undefined;
  if (record === undefined) return undefined;
  const before = (await readTextIfThere(file)) ?? '';
  const exact = sha256(before) === record.afterSha256 ? revertExactly(before, record.edits) : undefined;
  const text = exact ?? revertSettings(before, record.edits);
  return {
    record,
    before,
    after: text === '' && record.created ? undefined : text,
    how: exact === undefined ? 'settings' : 'exact',
  };
}

export async function applyUndo(plan: UndoPlan, around: Surroundings): Promise<void> {
  await refuseChanged(plan.record.file, plan.before);
  if (plan.after === undefined) await rm(plan.record.file, { force: true });
  else if (plan.after !== plan.before) await writeFileDurably(plan.record.file, plan.after, 0o600);
  await removeUndoRecord(userConfigDirectory(around), plan.record);
}

/** The file is edited only as it was shown. */
async function refuseChanged(file: string, shown: string): Promise<void> {
  if (((await readTextIfThere(file)) ?? '') !== shown) {
    throw new AssayError('RC_FILE_UNUSABLE', `${file} was changed by something else in the meantime`, {
      hint: 'Run the command again.',
    });
  }
}
