/** What people read when a rule speaks: a few words for the status line, a sentence with the evidence, the next legal step. */
import type { CheckFacts } from '../core/facts.ts';
import { forHeader } from '../core/encode.ts';
import type { EvidenceRule, RuleResult } from './presets.ts';

export interface Words {
  /** At most 60 printable ASCII characters. */
  readonly short: string;
  readonly why: string;
  readonly remedy: string;
}

export interface Spoken {
  readonly result: RuleResult;
  readonly check: CheckFacts | undefined;
  readonly until?: string | undefined;
  readonly ageHours?: number | undefined;
  readonly cooldownHours: number;
}

export function wordsFor(rule: EvidenceRule, spoken: Spoken): Words {
  const { result, check } = spoken;
  if (result === 'missing') return missing(rule);
  if (result === 'error') return notChecked(rule, check);
  const words = rule === 'cooldown' ? cooldown(spoken) : byRule[rule](result, check?.summary ?? '');
  return { ...words, short: forHeader(words.short, 60) };
}

const askException = 'Ask for an exception for this version, naming the case id.';
const otherVersion = 'Use another version, or ask for an exception for this one, naming the case id.';

type Writer = (result: RuleResult, summary: string) => Words;

const byRule: Readonly<Record<Exclude<EvidenceRule, 'cooldown'>, Writer>> = {
  integrity: (result, summary) => {
    if (result === 'fail') {
      return {
        short: 'bytes differ from what the index claims',
        why: summary,
        remedy:
          'Do not use these bytes. Tell the operator of the gate: this can be an attack or a broken mirror.',
      };
    }
    if (result === 'warn')
      return { short: 'only a SHA-1 digest upstream', why: summary, remedy: otherVersion };
    return { short: 'upstream gives no usable digest', why: summary, remedy: otherVersion };
  },
  archive: (result, summary) => ({
    short: result === 'fail' ? 'archive is not acceptable' : 'archive was not verified',
    why: summary,
    remedy: otherVersion,
  }),
  manifest: (result, summary) => ({
    short:
      result === 'fail' ? 'index and package.json differ' : 'package.json was not compared with the index',
    why: summary,
    remedy: otherVersion,
  }),
  'install-script': (result, summary) => ({
    short: installScriptShort[result] ?? 'install scripts were not examined',
    why: summary,
    remedy:
      'Read the script. Use an earlier version, or ask for an exception for this one, naming the case id.',
  }),
  deprecated: (_, summary) => ({
    short: 'deprecated by upstream',
    why: summary,
    remedy: 'Move to the version or package that upstream recommends.',
  }),
};

const installScriptShort: Readonly<Partial<Record<RuleResult, string>>> = {
  fail: 'new install script',
  warn: 'install script changed',
  'not-available': 'install script, first sight',
};

function cooldown({ result, check, until, ageHours, cooldownHours }: Spoken): Words {
  if (result === 'fail') {
    const age = Math.floor(ageHours ?? 0);
    return {
      short: `published ${age} h ago, cooldown is ${cooldownHours} h`,
      why: `${check?.summary ?? ''} It must be ${cooldownHours} hours old; ${until === undefined ? 'it is younger.' : `it will be at ${until}.`}`,
      remedy:
        'Use an earlier version, or wait. An urgent security fix can be let through earlier by an exception.',
    };
  }
  return {
    short: 'publish time unknown, cooldown cannot be judged',
    why: `Its publish time is unknown, so nobody can say whether it is ${cooldownHours} hours old. ${check?.summary ?? ''}`.trim(),
    remedy: askException,
  };
}

/** For a record that should be there and is not. */
export function missing(kind: string): Words {
  return {
    short: forHeader(`no record of the check: ${kind}`, 60),
    why: `The check behind ${kind} left no record, so nothing was served.`,
    remedy:
      'Try again. If it stays so, tell the operator of the gate: it is a fault of the gate, not of the package.',
  };
}

function notChecked(rule: string, check: CheckFacts | undefined): Words {
  return {
    short: forHeader(`could not be checked: ${rule}`, 60),
    why: `It could not be checked (${rule}); nothing was served. ${check?.summary ?? ''}`.trim(),
    remedy: 'Try again in a while. If it stays so, tell the operator of the gate.',
  };
}

/** Upstream led elsewhere, or sent more than it may: a refused fetch. */
export function wrongOrigin(summary: string): Words {
  return {
    short: 'upstream answered as it must not',
    why: summary,
    remedy: 'Use another version. Tell the operator of the gate: this can be an attack or a broken mirror.',
  };
}

export function denied(entry: string, reason: string | undefined): Words {
  return {
    short: 'on the deny list',
    why: `The deny list names it (${entry})${reason === undefined ? '.' : `: ${reason}`}`,
    remedy: 'Use a version or package that is not on the list, or ask the owner of the list.',
  };
}

export const baitWords: Words = {
  short: 'bait: this gate refuses it on purpose',
  why: 'This synthetic package exists only to show what a refusal looks like. No configuration admits it.',
  remedy: 'Nothing to do: your package manager goes through the gate, and the gate refuses.',
};
