/** Names asked for, addresses reached for, and services of the machine. Nothing of it comes through: there is no network. */
import { clip, type BehaviourEvent } from '../events.ts';
import { isDownloader, isNpm } from '../programs.ts';
import { isLoopback, type Address } from '../strace/addresses.ts';
import type { Rule, RuleContext, RuleSink } from './rule.ts';

/** Where authors put prebuilt binaries and Node its headers. */
const distribution =
  /^(?:github\.com|(?:objects|release-assets)\.githubusercontent\.com|nodejs\.org|[a-z0-9.-]{1,100}\.amazonaws\.com|storage\.googleapis\.com)$/;

/** Of clouds: they hand credentials to whoever asks from within. */
const metadata = new Set([
  '169.254.169.254',
  '169.254.170.2',
  'fd00:ec2::254',
  '100.100.100.200',
  '168.63.129.16',
]);
const metadataNames = /^(?:metadata|instance-data)(?:\.google\.internal|\.ec2\.internal)?$/;

/** Sockets by which one gets at what the user has: containers, keys, the desktop. */
const services =
  /\/(?:docker|containerd|podman|crio|buildkitd)[\w.-]*\.sock$|\/(?:ssh|gpg|keyring)[\w.\-/]*(?:agent|ssh|S\.)|\/dbus|\/\.X11-unix\/|\/(?:snapd|systemd)\b/;
/** The resolver's cache and the log: the C library asks for them. */
const quiet = /^\/(?:var\/)?run\/nscd\/socket$|^\/dev\/log$|^\/run\/systemd\/(?:userdb|resolve)\b/;

export function contactRule(context: RuleContext): Rule {
  return (event, sink) => {
    const { act } = event;
    if (act.kind === 'ask') named(event, act.name, context, sink);
    if (act.kind === 'connect') addressed(event, act.address, sink);
  };
}

function named(event: BehaviourEvent, raw: string, context: RuleContext, sink: RuleSink): void {
  const name = raw.replace(/\.$/, '');
  if (metadataNames.test(name)) return metadataFound(event, name, sink);
  // The machine's own name, and what no network but this machine answers.
  if (!name.includes('.') || name === context.hostname || /\.(?:arpa|localhost|local)$/.test(name)) return;
  if (context.registryHosts.has(name)) {
    sink.act('connect:registry');
    return;
  }
  const shown = clip(name, 120);
  sink.act(`connect:${shown}`);
  const expected =
    distribution.test(name) && (isDownloader(event.process) || isNpm(event.process, context.places));
  sink.find(event, {
    rule: expected ? 'prebuilt-download' : 'contact-outside',
    severity: expected ? 'low' : 'medium',
    message: expected
      ? `Wanted to download a prebuilt file from ${shown}.`
      : `Wanted to reach ${shown}, which is not the registry.`,
  });
}

function addressed(event: BehaviourEvent, address: Address, sink: RuleSink): void {
  if (address.family === 'other') return;
  if (address.family === 'unix') return serviced(event, address.path, sink);
  const { host, port } = address;
  if (host === '' || isLoopback(host)) return;
  if (metadata.has(host)) return metadataFound(event, host, sink);
  const shown = `${host}:${port}`;
  sink.act(`connect:${shown}`);
  sink.find(event, {
    rule: 'contact-outside',
    // Nobody was asked for a name, so it was written in the code.
    severity: isPrivate(host) ? 'medium' : 'high',
    message: `Wanted to reach the address ${shown} without asking for a name.`,
  });
}

function metadataFound(event: BehaviourEvent, host: string, sink: RuleSink): void {
  sink.act('connect:metadata');
  sink.find(event, {
    rule: 'contact-metadata',
    severity: 'high',
    message: `Wanted to ask the machine's cloud for its credentials (${host}).`,
  });
}

function serviced(event: BehaviourEvent, path: string, sink: RuleSink): void {
  if (quiet.test(path) || !services.test(path)) return;
  sink.act(`connect:unix:${clip(path, 120)}`);
  sink.find(event, {
    rule: 'contact-service',
    severity: 'high',
    message: `Wanted to talk to a service of the machine, ${clip(path, 120)}.`,
  });
}

function isPrivate(host: string): boolean {
  return /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|f[cd]|fe80)/i.test(host);
}
