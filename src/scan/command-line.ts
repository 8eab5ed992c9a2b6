/** What a command line does, with the tricks of quoting taken out of it. Its text is the attacker's: bounded, never run. */
import type { Signal } from './signals.ts';
import type { Flow } from './syntax/state.ts';
import { signalsInString } from './text-signals.ts';

const longest = 20_000;
const mostVariables = 50;

/** What a command line says, as what it does. */
export const commandSignals: Partial<Readonly<Record<Signal, Flow>>> = {
  'shell-download': 'runs-download',
  'shell-pipe': 'runs-pipe',
  'shell-wipe': 'runs-wipe',
  'npm-publish': 'runs-publish',
  'shell-reverse': 'runs-reverse',
  'agent-unleashed': 'runs-agent',
  'drop-host': 'runs-drop',
  'tunnel-host': 'runs-drop',
  'bare-address': 'runs-drop',
};

const interpreter =
  '(?:sudo\\s{1,4})?(?:(?:exec|env|nohup|command)\\s{1,4})?(?:/(?:usr/)?bin/(?:env\\s{1,4})?)?(?:(?:ba|z|k|da|a|fi)?sh|node|bun|deno|python[\\d.]{0,4}|perl|ruby|php|osascript|powershell|pwsh)(?![\\w./-])';
const downloads =
  /\b(?:curl|wget|aria2c|lwp-request)(?:\.exe)?\s[^\n]{0,200}(?:https?:|\$|%|\w\.\w|-[a-z]*[sfLOo])|\b(?:iwr|irm|Invoke-WebRequest|Invoke-RestMethod|Start-BitsTransfer|DownloadString|DownloadFile)\b|\bcertutil\b[^\n]{0,40}-urlcache|\bbitsadmin\b|\bmshta\s{1,4}["']?https?:|\b(?:urlopen|urlretrieve|requests\.get|open-uri|LWP::Simple|file_get_contents\(.?https?:|Net::HTTP)\b|\bfetch\(\s{0,4}.?https?:/i;

const flows: readonly { readonly flow: Flow; readonly form: RegExp }[] = [
  { flow: 'runs-download', form: downloads },
  { flow: 'runs-pipe', form: new RegExp(`\\|\\s{0,4}${interpreter}`) },
  // `sh <(curl …)`, `sh -c "$(curl …)"`, `eval $(wget …)`.
  {
    flow: 'runs-pipe',
    form: /(?:\b(?:ba|z|k|da)?sh|\beval|\bsource|\bexec|\bnode|\bpython\d?|(?:^|\s)\.)\s{1,4}(?:-\w{1,4}\s{1,4})?["']?(?:<\(|\$\(|`)\s{0,4}(?:curl|wget)\b/,
  },
  // Written first and run then.
  {
    flow: 'runs-pipe',
    form: /\b(?:curl|wget|iwr|Invoke-WebRequest|certutil)\b[^\n]{4,300}?(?:&&|;|\n)\s{0,4}(?:chmod\s{1,4}(?:\+x|[0-7]{3,4})|(?:ba|z)?sh\s{1,4}[^\s-]|source\s|\.\s?\/|node\s{1,4}[^\s-]|python\d?\s{1,4}[^\s-]|\/(?:tmp|var\/tmp|dev\/shm)\/|start\s)/i,
  },
  // `python -c "…exec(urlopen(…))"`, `node -e "fetch(…).then(eval)"`, `iex(irm …)`.
  {
    flow: 'runs-pipe',
    form: /\b(?:python\d?|node|perl|ruby|php|bun|deno)\s{1,4}(?:-\w{1,4}|eval|--eval)\s(?=[^\n]{0,400}(?:https?:|urlopen|urlretrieve|socket|\bnet\b))[^\n]{0,400}(?:exec\(|eval\b|os\.system|subprocess|system\()/,
  },
  { flow: 'runs-pipe', form: /\b(?:iex|Invoke-Expression)\b|\bmshta\b|\bregsvr32\b[^\n]{0,40}\/i:/i },
  {
    flow: 'runs-decoded',
    form: new RegExp(
      `(?:base64\\s{1,4}(?:-d|-D|--decode)|xxd\\s{1,4}-r|openssl\\s{1,4}(?:enc|base64)\\s[^|\\n]{0,60}-d|\\brev\\b|\\btr\\s[^|\\n]{3,40})[^|\\n]{0,60}\\|\\s{0,4}${interpreter}`,
    ),
  },
  {
    flow: 'runs-decoded',
    form: /(?:\b(?:ba|z)?sh|\beval|\bnode|\bpython\d?)\s{1,4}(?:-\w{1,4}\s{1,4})?["']?(?:<\(|\$\(|`)[^)`\n]{0,300}base64\s{1,4}(?:-d|-D|--decode)/,
  },
  {
    flow: 'runs-decoded',
    form: /\b(?:powershell|pwsh)(?:\.exe)?\s[^\n]{0,80}-(?:e|ec|en|enc|enco\w*)\s{1,4}[A-Za-z0-9+/=]{24}/i,
  },
  {
    flow: 'runs-wipe',
    form: /\brm\s{1,4}(?:--?[\w-]{1,24}\s{1,4}){0,6}(?:-[a-z]{0,6}r[a-z]{0,6}|--recursive)\s{1,4}(?:--?[\w-]{1,24}\s{1,4}){0,6}["']?(?:\/(?:["'\s*;&]|$)|~\/?(?:["'\s*;&]|$)|\$\{?HOME\}?\/?(?:["'\s*;&]|$))/i,
  },
  // `find / -delete`, and what overwrites disks.
  {
    flow: 'runs-wipe',
    form: /\bfind\s{1,4}(?:\/|~|\$HOME)\/?\s[^\n]{0,80}-delete|\bdd\s{1,4}if=\/dev\/(?:zero|u?random)\s{1,4}of=\/dev\/|\bmkfs\.\w{2,5}\s{1,4}\/dev\//,
  },
];

export function commandLine(command: string): readonly Flow[] {
  if (command.length < 4) return [];
  const text = unquoted(command.slice(0, longest));
  const found = new Set<Flow>();
  for (const { signal } of signalsInString(text)) {
    const flow = commandSignals[signal];
    if (flow !== undefined) found.add(flow);
  }
  for (const { flow, form } of flows) if (form.test(text)) found.add(flow);
  return [...found];
}

/** `c""url`, `c\url`, `c^url`, `cu$@rl`, `${IFS}` and `A=cu; B=rl; $A$B`, as the shell reads them. */
export function unquoted(command: string): string {
  let text = command
    .replace(/\\\r?\n/g, ' ')
    .replace(/\$\{?IFS\}?/g, ' ')
    .replace(/(?<=\w)(?:''|""|\$@|\$\*|\\|\^)(?=\w)/g, '');
  const variables = [...text.matchAll(/(?:^|[\s;&])([A-Za-z_]\w{0,30})=["']?([^\s;&|"'$`]{1,100})/g)];
  for (const [, name = '', value = ''] of variables.slice(0, mostVariables))
    text = text
      .replaceAll(`\${${name}}`, value)
      .replaceAll(new RegExp(`\\$${name}(?!\\w)`, 'g'), () => value);
  return text.slice(0, 2 * longest);
}
