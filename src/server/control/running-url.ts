/** Where the gate of a data directory answers. */
import { AssayError, isAssayError } from '../../core/errors.ts';
import { gateUrl } from '../config/addresses.ts';
import type { Settings } from '../config/settings.ts';
import { controlClient } from './client.ts';
import type { StatusAnswer } from './protocol.ts';

/** The running gate's own word, as it may have been started with another port; else the configured address. */
export async function runningUrl(settings: Settings): Promise<string> {
  try {
    return (await controlClient(settings.dataDirectory).status()).url;
  } catch (error) {
    if (!isAssayError(error)) throw error;
    return gateUrl(settings);
  }
}

/** Likewise of its Secure channel. Throws GATE_UNREACHABLE where it is not open. */
export async function runningChannelUrl(settings: Settings): Promise<string> {
  const shown = await statusOrNone(settings);
  const { enabled, port, publicUrl } = settings.secureChannel;
  if (shown === undefined ? !enabled : shown.url === undefined)
    throw new AssayError('GATE_UNREACHABLE', 'the Secure channel of this gate is not open', {
      hint: '`assay status` says why; `secureChannel` in the configuration switches it on.',
    });
  return shown?.url ?? gateUrl({ ...settings, port, publicUrl });
}

async function statusOrNone({ dataDirectory }: Settings): Promise<StatusAnswer['secureChannel'] | undefined> {
  try {
    return (await controlClient(dataDirectory).status()).secureChannel;
  } catch (error) {
    if (!isAssayError(error)) throw error;
    return undefined;
  }
}
