/**
 * What can it do that the version before could not? From the fingerprints of both. `pass`: nothing more. `warn`: it
 * gained something. `fail`: it gained what an attack needs (network, processes, credentials, code at install) in a
 * patch release, or an install script that reaches such things. `not-available`: nothing to compare with.
 */
import type { Collector, CollectorInput } from '../../core/collector.ts';
import type { EvidenceItem } from '../../core/evidence.ts';
import { rulesDigest } from '../../scan/rules/all.ts';
import { recordOf, type Finding } from '../record.ts';
import { withoutScan } from '../without-scan.ts';

export const capabilitiesCollector: Collector = {
  kind: 'capabilities',
  version: `1.${rulesDigest.slice(0, 12)}`,
  scope: 'release',
  usesScan: true,
  collect: (input) => recordOf(capabilitiesCollector, input, examine(input)),
};

/** What stolen releases gained (axios 2026, ua-parser-js 2021, Shai-Hulud 2025). Files and environment are everyday. */
const grave = new Set([
  'install-script',
  'process',
  'network',
  'credentials',
  'clipboard',
  'wallet',
  'publish',
  'workflow-files',
  'ai-agent-configuration',
  'dynamic-code',
]);
const shownHosts = 10;

function examine({ scan, previousScan, version }: CollectorInput): Finding {
  if (scan.state !== 'scanned') return withoutScan(scan, 'What it can do is not known');
  const { capabilities, hosts, threats } = scan.report.fingerprint;
  const facts = {
    capabilities: capabilities.join(' '),
    hosts: hosts.length,
    comparedWith: previousScan?.version ?? null,
  };
  if (previousScan === undefined) {
    const summary = `${told(capabilities)} No earlier version was looked at here to compare with.`;
    return { result: 'not-available', summary, facts };
  }
  const { outcome } = previousScan;
  if (outcome.state !== 'scanned') {
    const summary = `${told(capabilities)} ${previousScan.version} was not scanned to compare with: ${outcome.message}.`;
    return { result: 'not-checked', summary, facts: { ...facts, passing: outcome.state === 'failed' } };
  }
  const before = outcome.report.fingerprint;
  const gained = without(capabilities, before.capabilities);
  const lost = without(before.capabilities, capabilities);
  const newHosts = without(hosts, before.hosts);
  const newThreats = without(threats, before.threats);
  const step = stepBetween(previousScan.version, version.version);
  const isGrave = gained.some((name) => name.startsWith('install:') && grave.has(name.slice(8)));
  const inPatch =
    step === 'patch' &&
    gained.filter((name) => grave.has(name)).length > 0 &&
    (gained.length > 1 || gained.includes('install-script'));
  const allFacts = {
    ...facts,
    gained: gained.join(' '),
    lost: lost.join(' '),
    newHosts: newHosts.slice(0, shownHosts).join(' '),
    newThreats: newThreats.join(' '),
    step,
  };
  if (gained.length === 0) {
    return {
      result: 'pass',
      summary: `It can do nothing that ${previousScan.version} could not.`,
      facts: allFacts,
    };
  }
  const where = step === 'other' ? '' : ` in a ${step} release`;
  const items: readonly EvidenceItem[] = [
    ...gained.map((name) => ({
      id: `capabilities/${name.replace(':', '-')}`,
      message: `Gained ${words(name)}${where}.`,
      data: { step },
    })),
    ...newHosts.slice(0, shownHosts).map((host) => ({
      id: 'capabilities/new-host',
      message: `Names a host that ${previousScan.version} did not: ${host}.`,
      data: { host },
    })),
  ];
  const summary = `Gained ${gained.map(words).join(', ')}${where}, compared with ${previousScan.version}.`;
  return { result: isGrave || inPatch ? 'fail' : 'warn', summary, facts: allFacts, items };
}

function told(capabilities: readonly string[]): string {
  return capabilities.length === 0
    ? 'It does nothing but compute.'
    : `It can do: ${capabilities.map(words).join(', ')}.`;
}

function words(name: string): string {
  return name.startsWith('install:') ? `${name.slice(8)} at install` : name;
}

function without(all: readonly string[], known: readonly string[]): readonly string[] {
  return all.filter((one) => !known.includes(one));
}

/** By the numbers alone; anything but a step of one of them upwards is `other`. */
function stepBetween(from: string, to: string): 'patch' | 'minor' | 'major' | 'other' {
  const before = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})/.exec(from);
  const after = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})/.exec(to);
  if (before === null || after === null) return 'other';
  if (Number(after[1]) !== Number(before[1])) return Number(after[1]) > Number(before[1]) ? 'major' : 'other';
  if (Number(after[2]) !== Number(before[2])) return Number(after[2]) > Number(before[2]) ? 'minor' : 'other';
  return Number(after[3]) >= Number(before[3]) ? 'patch' : 'other';
}
