/** Where the gate of a data directory answers. */
import { isAssayError } from '../../core/errors.ts';
import { gateUrl } from '../config/addresses.ts';
import type { Settings } from '../config/settings.ts';
import { controlClient } from './client.ts';

/** The running gate's own word, as it may have been started with another port; else the configured address. */
export async function runningUrl(settings: Settings): Promise<string> {
  try {
    return (await controlClient(settings.dataDirectory).status()).url;
  } catch (error) {
    if (!isAssayError(error)) throw error;
    return gateUrl(settings);
  }
}
