/** docs/policy.md: what each preset does with each result of each check. */
import { allowListWaives, presets, requiredKinds, ruleResults } from '../../src/policy/presets.ts';
import { evidenceKindOf, evidenceRules, wholeOf, type EvidenceRule } from '../../src/policy/rule-names.ts';
import { presetNames, type PresetName } from '../../src/policy/settings.ts';
import { tableOf } from './markdown.ts';

const presetText: Readonly<Record<PresetName, string>> = {
  observe:
    'Nothing is refused but the bait. What `recommended` would have refused is recorded as an audit and not shown to clients.',
  recommended: 'The default.',
  strict: 'For those who would rather have a build stop than a doubt pass.',
};

const meanings: Readonly<Record<EvidenceRule, string>> = {
  integrity:
    '`pass`: the bytes have every digest the index claims, SHA-256 or better among them. `fail`: one differs. `warn`: only SHA-1 is claimed, which can be forged. `not-available`: no digest is claimed. `not-checked`: only algorithms we do not compute.',
  archive:
    '`pass`: two independent readers agree on every member. `fail`: they disagree, or the archive holds what we do not accept. `error`: a reader died or reached its limits.',
  manifest:
    "`pass`: index and package.json agree, after npm's own normalisation, in name, version, scripts, dependencies, optionalDependencies, bin and bundleDependencies. `fail`: they do not, or package.json is missing or unreadable. `not-checked`: the archive was not accepted.",
  'known-malware':
    '`fail`: an advisory names this version as malicious (also after it was admitted: then it is revoked). `warn`: one source alone says so of a package that very many use. What is set aside by an override or is no longer said counts no more.',
  malware:
    '`fail`: the score of what the scanner found in the bytes is 7 or more (of 10). `warn`: 5 or more. `error`: the scanner died, hung or ran out of memory. `not-checked`: the archive was not accepted, so nothing was scanned.',
  behaviour:
    '`pass`: no code runs at install, or it was run in the sandbox and nothing suspicious was seen. `fail`: it did what only an attack does (also after it was admitted: then it is revoked). `warn`: something unusual, something the version before did not do, or the run was cut off. `not-checked`: nobody ran it yet, or nobody can here. `error`: running it failed three times.',
  'capability-change':
    '`fail`: it gained what thefts need (network, processes, credentials) in a patch release, or code at install that reaches such things. `warn`: it gained something else. `not-available`: no version before it was looked at here. `not-checked`: one of the two was not scanned.',
  typosquat:
    '`fail`: a new package with a name made to be taken for a popular one. `warn`: such a name, and the package is not new. `not-checked`: no list of popular names was given.',
  'install-script':
    '`pass`: no code runs at install, or the same as in the predecessor (the last admitted version, else the preceding one that was not published within 72 hours of this one, whose bytes are read when the index alone would make a script look new). `fail`: a script appeared that the predecessor did not have. `warn`: the text of an existing one changed, or a binding.gyp implies a build, and the predecessor is known by an index only, which cannot show whether it did. `not-available`: there is a script and nothing to compare with (first sight). `not-checked`: the archive or package.json could not be read.',
  cooldown:
    '`pass`: published at least `cooldownHours` ago. `fail`: younger; the hold ends by itself, and the refusal says when. `not-available`: the publish time is missing, unreadable or in the future. The claimed time counts, but never earlier than our last look at which the version was not there yet.',
  vulnerability:
    '`fail`: a known vulnerability of this version is critical, high or known to be exploited. `warn`: others are known, also of unknown severity.',
  licence:
    '`fail`: the lists of licences deny it. `warn`: it is to be reviewed: on the list for that, on none, unknown, or the texts say otherwise than the declaration. `not-available`: no lists are given, and its licence is unknown. `not-checked`: package.json or the texts could not be read.',
  secret:
    '`fail`: a private key, or a token whose checksum is right, was shipped. `warn`: careless files or settings.',
  rebuild:
    '`pass`: built from source here, and what upstream published is that, or differs only as named rules explain. `fail`: it differs as an attack would make it (also after it was admitted: then it is revoked). `warn`: it differs, and nothing explains it, or it differs as an attack would from an archive that others keep as its source. `not-available`: it was not built, or could not be.',
  'rebuild-regression':
    '`fail`: it differs from what its source makes, and another version of the package did not.',
  commits:
    'The rest of what is known of the commits since the version admitted before (else the one built before): `warn`: their dates run backwards. `not-checked`: it was not built from source here, no version before it is known, or the forge does not tell who reviewed. `not-available`: its source is an archive.',
  'history-rewritten':
    '`fail`: the commit that the version before was made from is no part of the history any more: the branch that had it was moved, nothing leads to it, or the two have nothing in common. Another line of versions is none. `warn`: only a tag leads to it, and nobody saw whether a branch ever did.',
  'new-author':
    '`warn`: somebody without a commit before these, by address, changed what runs at install, in a build or in CI. Authors are what commits say.',
  unreviewed:
    '`warn`: the forge says that some commits came without a merged request (but those that only raise the version), or were approved by nobody but who asked, or changed after that. `not-checked`: it was not told of all of them. Never read as reviewed.',
  'feed-age':
    '`fail`: the newest advisory known is older than `advisories.holdAfter`, or the feed is empty or lacks a record that every feed has. `warn`: older than `advisories.warnAfter`. `not-checked`: no feed was imported, so nobody knows of vulnerabilities or malware.',
  deprecated: '`pass`: upstream has not deprecated the version. `warn`: it has.',
  signature:
    '`pass`: a registry key verifies over name, version and integrity, the bytes have that integrity, and the key was in force at a trustworthy time. `fail`: a signature is wrong, was there before and is gone, or its key had ended before the version appeared. `warn`: a retired key without a proven time, or only SHA-1 was signed. `not-available`: upstream signs nothing. `not-checked`: no key is known for the upstream or the key id.',
  provenance:
    '`pass`: an attestation verifies (certificate, logs, times, signature), and its subject is this name, version and these bytes. `fail`: what is offered does not verify. `warn`: it is advertised and missing. `not-available`: none is offered. `not-checked`: no usable trust root.',
  'trust-root':
    '`fail`: the root that vouched has ended, or was not confirmed for too long. `warn`: it ends soon.',
  stripped: '`fail`: we saw this version with a signature or provenance, and now it has none.',
  'source-changed':
    '`fail`: the repository or its owner is not the expected one, by immutable id, or it is a fork of it.',
  'run-conclusion':
    '`fail`: the run that published did not end in success, or the publication came after it. `warn`: it has not ended.',
  'trust-downgrade':
    '`fail`: earlier versions were published with more proof. `warn`: so they were, but this release line never was, or the version is old and all else is clean.',
  'builder-changed':
    '`fail`: another workflow, signer, issuer or runner than expected; a self-hosted runner appeared.',
  'ref-or-trigger': '`fail`: built from a ref or by a trigger that is not expected; a pull request always.',
  'source-tag':
    '`fail`: no tag of the version at the commit, a moved tag, or a commit that no branch or tag reaches.',
  'publisher-changed':
    '`fail`: published in another way or by another account than usual. `warn`: a new account, nothing else.',
  burst: '`fail`: one owner published in a burst. `warn`: two versions of one line in quick succession.',
  'dependency-changed':
    '`fail`: a git or URL dependency appeared, or one that is hardly older than the release. `warn`: a new dependency in a minor or patch release.',
  'time-anomaly':
    '`fail`: signed, claimed and observed times contradict each other. `warn`: the first release after a long silence.',
  expectations:
    'What none of the rules above could judge: `not-checked` where there was nobody to ask (no forge), `not-available` where too little is known.',
};

export function policyPage(): string {
  return `# Policy presets

Generated from \`src/policy/presets.ts\` by \`scripts/generate-docs.ts\`: change it there.

Each rule reads one check and turns its result into an outcome: \`allow\`, \`note\` (allowed, with a warning that is shown),
\`hold\` (refused for now: waiting for age, another try or a person) or \`block\` (refused). Block beats hold, hold beats allow.
A rule's mode says what becomes of that: \`enforce\` decides; \`warn\` allows and shows it; \`audit\` allows and only records it;
\`off\` does not ask. A configuration may change the mode of every rule below and \`cooldownHours\`, never a table.

${presetNames.map(presetSection).join('\n\n')}

The rules ${evidenceRules.filter((rule) => wholeOf[rule] !== undefined).join(', ')} read one verdict each inside a piece of evidence.
What is not available, not checked, failed or missing of that evidence is told once, by the rule \`provenance\` or \`expectations\`.

## What the results mean

${evidenceRules.map((rule) => `- **${rule}**: ${meanings[rule]}`).join('\n')}

\`not-available\` means that upstream offers nothing to check, \`not-checked\` that we did not, \`error\` that we tried and failed,
\`missing\` that there is no record at all. None of them counts as passing.

## Lists

- **deny-list**: a listed release is \`block\`ed at both stages, whatever else is known of it. An unreadable range or version counts as listed.
- **allow-list**: waives ${allowListWaives.join(', ')} for what it names, in the modes \`enforce\` and \`warn\`; never integrity, archive or manifest,
  and never the deny list. An unreadable range or version counts as not listed. What was waived is recorded as an audit.
- An entry names a whole package name or \`@scope/*\`, case-sensitive, and may give a semver range. Ranges include the prereleases
  they span. A bare \`*\`, a substring or a pattern matches nothing.

## Built-in rules

They have no setting.

- **bait**: \`@assay/bait\` of the gate's own upstream \`assay\` is left standing at stage \`index\` and always \`block\`ed at stage \`file\`.
- **evidence**: at stage \`file\` a record of each of ${requiredKinds.join(', ')} must be there; a missing one is \`hold\`, as is an unknown origin,
  an unreadable clock, and facts that can't be hashed. Nothing waives it. (Under \`observe\` it is an audit, like everything else.)

## Stages

At stage \`index\` only cooldown, deprecated and the lists are asked, and \`allow\` means no more than "left standing". At stage \`file\`
all are asked, and their answer is enforced.

## Releases that were admitted before

A release that was allowed once is afterwards refused only by the deny list (and by revocations): an install that works today
must not stop because a check was added, a setting was tightened or a mirror changed its dates. What other rules would have refused
is shown as a warning.

## Exceptions

An exception waives named rules for one release until it expires. It waives archive and manifest only when it names the exact bytes,
and never integrity, the deny list or a built-in rule.

## How long a verdict holds

A hold for age: until the release is old enough. Everything else: 24 hours, or less where an exception ends sooner. A changed policy,
feed, exception or revocation ends it at once.
`;
}

function presetSection(name: PresetName): string {
  const { evidence, lists, required } = presets[name];
  const rows = evidenceRules.map((rule) => {
    const { mode, table } = evidence[rule];
    return [rule, evidenceKindOf[rule], mode, ...ruleResults.map((result) => table[result])];
  });
  return `## Preset \`${name}\`

${presetText[name]}

${tableOf(['Rule', 'Check', 'Mode', ...ruleResults], rows)}

Lists: deny-list \`${lists['deny-list']}\`, allow-list \`${lists['allow-list']}\`. Built in: evidence \`${required}\`, bait \`enforce\`.`;
}
