/** Which gate a command means, and whether it is one. */
import { AssayError } from '../core/errors.ts';
import { isUsableUrl } from '../server/config/schema.ts';
import type { Settings } from '../server/config/settings.ts';
import { gateHealth, type GatewayTarget } from '../server/control/gateway-client.ts';
import { runningChannelUrl, runningUrl } from '../server/control/running-url.ts';
import type { Context } from './context.ts';

/** `--gate`, else the one that runs on the data directory, else the configured one. Throws USAGE_INVALID. */
export async function gateTarget(
  { around }: Context,
  settings: Settings,
  named: string | undefined,
): Promise<GatewayTarget> {
  if (named !== undefined && !isUsableUrl(named))
    throw new AssayError('USAGE_INVALID', `--gate ${named} is no http or https URL`);
  const url = named ?? (await runningUrl(settings));
  return { url: url.endsWith('/') ? url : `${url}/`, token: around.env['ASSAY_TOKEN'] };
}

/** The Secure channel of the gate that runs on the data directory, else where it is configured. Throws GATE_UNREACHABLE. */
export async function channelTarget({ around }: Context, settings: Settings): Promise<GatewayTarget> {
  return { url: await runningChannelUrl(settings), token: around.env['ASSAY_TOKEN'] };
}

/** Throws GATE_UNREACHABLE when nothing, something else, or a gate that is not ready answers. */
export async function reachable(target: GatewayTarget): Promise<void> {
  const health = await gateHealth(target);
  if (!health.ready)
    throw new AssayError(
      'GATE_UNREACHABLE',
      `the gate at ${target.url} is not ready: ${health.problems.join('; ')}`,
    );
}
