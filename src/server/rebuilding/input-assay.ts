/** The admission of what goes into builds, as a running gate has it. */
import { createInputAssay, type AssayInput } from '../../admission/build-inputs.ts';
import { keepText } from '../../admission/replay-inputs.ts';
import type { Rooms } from '../../admission/rooms.ts';
import { inputKinds, inputPolicy, judgeInput } from '../../policy/build-inputs.ts';
import type { Storage } from '../../storage/open.ts';
import type { Settings } from '../config/settings.ts';

export interface InputAssayNeeds {
  readonly settings: Pick<Settings, 'policy'>;
  readonly storage: Pick<Storage, 'blobs' | 'history'>;
}

/** Throws STORAGE_*. */
export async function inputAssayOf(
  { settings, storage }: InputAssayNeeds,
  rooms: Rooms,
): Promise<AssayInput> {
  const { pack, text } = inputPolicy(settings.policy);
  await keepText(storage.blobs, text, pack.digest);
  return createInputAssay({
    rooms,
    kinds: inputKinds,
    policy: pack.digest,
    judge: (facts, now) => judgeInput(facts, pack, now),
    advertised: storage.history.advertised,
  });
}
