/** What people read when a rule speaks: a few words for the status line, a sentence with the evidence, the next legal step. */
import type { CheckFacts } from '../core/facts.ts';
import { forHeader } from '../core/encode.ts';
import type { RuleResult } from './presets.ts';
import type { EvidenceRule } from './rule-names.ts';

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
  const summary = check?.summary ?? '';
  const words = wordsOf(rule, spoken, summary);
  return { ...words, short: forHeader(words.short, 60) };
}

function wordsOf(rule: EvidenceRule, spoken: Spoken, summary: string): Words {
  if (rule === 'cooldown') return cooldown(spoken);
  return isAboutBytes(rule)
    ? byRule[rule](spoken.result, summary)
    : publicationWords(rule, spoken.result, summary);
}

/** The rules about the archive, what is in it and what is known of it; the others but the cooldown are about its publication. */
type BytesRule = 'integrity' | 'archive' | 'manifest' | 'install-script' | 'deprecated' | ContentRule;
type ContentRule =
  | 'malware'
  | 'behaviour'
  | 'known-malware'
  | 'capability-change'
  | 'typosquat'
  | 'vulnerability'
  | 'licence'
  | 'secret'
  | 'feed-age';
type PublicationRule = Exclude<EvidenceRule, BytesRule | 'cooldown'>;

function isAboutBytes(rule: BytesRule | PublicationRule): rule is BytesRule {
  return Object.hasOwn(byRule, rule);
}

const askException = 'Ask for an exception for this version, naming the case id.';
const otherVersion = 'Use another version, or ask for an exception for this one, naming the case id.';

type Writer = (result: RuleResult, summary: string) => Words;

/** Of a rule about content: few words when the verdict is bad, when it is doubtful, and the next step. */
const contentShort: Readonly<Record<ContentRule, readonly [string, string, string]>> = {
  'known-malware': [
    'known to be malicious',
    'called malicious by one source',
    'Do not use this version, and look where it is installed: assay pulls lists who had it. If the advisory is wrong, the operator of the gate can set it aside for a while: assay feed override.',
  ],
  malware: [
    'its code looks malicious',
    'its code looks suspicious',
    'Do not run it. Use an earlier version. The places are named: a person who has read them may let it pass.',
  ],
  behaviour: [
    'its install scripts do what an attack does',
    'its install scripts do something unusual',
    'Do not install it elsewhere meanwhile. assay behaviour lists what they did. Use an earlier version.',
  ],
  'capability-change': [
    'can do what the version before could not',
    'can do more than the version before',
    'Use an earlier version, or have somebody read what is new and ask for an exception, naming the case id.',
  ],
  typosquat: [
    'name looks like that of a popular package',
    'name looks like that of a popular package',
    'Look whether you meant the popular package. If not, ask for an exception, naming the case id.',
  ],
  vulnerability: [
    'known vulnerabilities',
    'known vulnerabilities',
    'Move to a version that fixes them. assay explain lists each with its fix.',
  ],
  licence: [
    'licence is not allowed here',
    'licence is to be reviewed',
    'Use another package, or ask whoever keeps the lists of licences.',
  ],
  secret: [
    'holds a secret',
    'holds careless settings',
    'Tell its publisher: what was published is no secret any more.',
  ],
  'feed-age': [
    'advisories are too old to rely on',
    'advisories are getting old',
    'The operator of the gate imports them again: assay feed import.',
  ],
};

const contentGap: Readonly<Partial<Record<ContentRule, string>>> = {
  'feed-age': 'The operator of the gate imports a feed of advisories: assay feed import.',
  malware: 'Try again in a while. If it stays so, tell the operator of the gate.',
};

function content(rule: ContentRule): Writer {
  return (result, summary) => {
    const [bad, doubtful, remedy] = contentShort[rule];
    const gap = gapWords[result];
    if (gap !== undefined)
      return { short: `${gap}: ${rule}`, why: summary, remedy: contentGap[rule] ?? gapRemedy };
    return { short: result === 'fail' ? bad : doubtful, why: summary, remedy };
  };
}

const byRule: Readonly<Record<BytesRule, Writer>> = {
  'known-malware': content('known-malware'),
  malware: content('malware'),
  behaviour: content('behaviour'),
  'capability-change': content('capability-change'),
  typosquat: content('typosquat'),
  vulnerability: content('vulnerability'),
  licence: content('licence'),
  secret: content('secret'),
  'feed-age': content('feed-age'),
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

const otherRelease =
  'Use an earlier version, or ask for an exception for this one, naming the case id. Do not install it elsewhere meanwhile.';
const attack =
  'Do not use this version. Tell the operator of the gate: this can be an attack. Use an earlier version.';

const readCommits =
  'Read the commits that are named, or use an earlier version. assay rebuild report shows what came since.';

/** A few words when the verdict is bad, when it is doubtful, and the next step. */
const publicationShort: Readonly<Record<PublicationRule, readonly [string, string, string]>> = {
  rebuild: [
    'not what its source makes',
    'differs from what its source makes',
    'Do not use this version. assay rebuild report shows what differs. Use a version that matched.',
  ],
  'rebuild-regression': [
    'an earlier version matched its source',
    'an earlier version matched its source',
    'Stay with the version that matched until this one is understood: assay rebuild report shows what differs.',
  ],
  commits: ['commits of its source are odd', 'commits of its source are odd', readCommits],
  'history-rewritten': [
    'history of its source was rewritten',
    'source left the line of the version before',
    'Use an earlier version until its maintainers say why. assay rebuild report shows what came since.',
  ],
  'new-author': [
    'somebody new changed what runs by itself',
    'somebody new changed what runs by itself',
    readCommits,
  ],
  unreviewed: ['commits that nobody reviewed', 'commits that nobody reviewed', readCommits],
  signature: ['registry signature is not valid', 'registry signature is weak or untimed', attack],
  provenance: ['provenance is not valid', 'advertised provenance is missing', attack],
  'trust-root': [
    'trust root is too old to rely on',
    'trust root ends soon',
    'The operator of the gate can refresh it: assay trust refresh, or assay trust import.',
  ],
  stripped: ['signature or provenance was taken away', 'provenance seen before is missing', attack],
  'source-changed': ['built from another repository', 'repository not known yet', attack],
  'run-conclusion': ['build run did not end well', 'build run has not ended', otherRelease],
  'trust-downgrade': ['published with less proof than before', 'less proof than before', otherRelease],
  'builder-changed': ['built by another workflow or runner', 'builder not known yet', otherRelease],
  'ref-or-trigger': ['built from an unusual ref or trigger', 'ref or trigger not known yet', otherRelease],
  'source-tag': ['tag and source commit disagree', 'source commit is doubtful', otherRelease],
  'publisher-changed': ['published in an unusual way', 'publisher is new', otherRelease],
  burst: ['part of a burst of publications', 'versions in quick succession', otherRelease],
  'dependency-changed': ['new kind of dependency', 'new dependency', otherRelease],
  'time-anomaly': ['signed and claimed times disagree', 'times are doubtful', otherRelease],
  expectations: ['not what was expected', 'not what was expected', otherRelease],
};

const gapWords: Readonly<Partial<Record<RuleResult, string>>> = {
  'not-available': 'nothing to verify',
  'not-checked': 'not verified',
};

function publicationWords(rule: PublicationRule, result: RuleResult, summary: string): Words {
  const [bad, doubtful, remedy] = publicationShort[rule];
  const gap = gapWords[result];
  if (gap !== undefined) return { short: `${gap}: ${rule}`, why: summary, remedy: gapRemedy };
  return { short: result === 'fail' ? bad : doubtful, why: summary, remedy };
}

const gapRemedy = 'Nothing to do for an install. assay explain shows what was checked and what was not.';

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
