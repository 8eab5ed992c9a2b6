/**
 * The two programs of ours that run inside, as text: the one that readies the folders, and the one that starts the scripts
 * as npm would. In the words of old Nodes, since the toolchain's own runs them. Nothing they say is believed.
 */

/**
 * Unpacks what is listed, as npm would: no links, plain modes. Links go before the next archive comes, which could lay bait
 * by them under a name of its own. `$1`: folder of the tarballs and the list, `$2`: the project.
 */
export const unpackScript = `
while IFS=' ' read -r number folder; do
  mkdir -p "$2/$folder"
  tar -xf "$1/$number.tgz" -C "$2/$folder" --strip-components=1 --no-same-owner --no-same-permissions || exit 65
  find "$2/$folder" -type l -exec rm -f {} +
done < "$1/list"
chmod -R u+rwX,go+rX "$2/node_modules"
exec "$3" "$1/link.js" "$1/list" "$2"
`;

/** Makes the programs of each package callable, as npm does in `.bin`. */
export const linkProgram = `'use strict';
var fs = require('fs'), path = require('path');
var project = process.argv[3];
fs.readFileSync(process.argv[2], 'utf8').split('\\n').forEach(function (line) {
  var folder = line.slice(line.indexOf(' ') + 1);
  if (folder === '') return;
  var home = path.join(project, folder);
  try {
    var manifest = JSON.parse(fs.readFileSync(path.join(home, 'package.json'), 'utf8'));
    var bin = manifest.bin;
    if (typeof bin === 'string') { bin = {}; bin[path.basename(folder)] = manifest.bin; }
    var modules = home.slice(0, home.lastIndexOf('/node_modules/') + 13);
    Object.keys(bin || {}).slice(0, 200).forEach(function (name) {
      var target = path.resolve(home, String(bin[name]));
      if (!/^[\\w.-]+$/.test(name) || target.indexOf(home + '/') !== 0) return;
      try {
        fs.chmodSync(target, 493);
        if (!fs.existsSync(modules + '/.bin')) fs.mkdirSync(modules + '/.bin');
        fs.symlinkSync(path.relative(modules + '/.bin', target), modules + '/.bin/' + name);
      } catch (error) {}
    });
  } catch (error) {}
});
`;

/** How long it waits for what a script left running, in milliseconds. npm itself would not. */
const lingerMs = 20_000;

/**
 * Starts one script after the other, with npm's environment, until one fails. Whatever it left running may go on for a
 * while: who detaches a process means it to outlive the installation.
 */
export const driverProgram = `'use strict';
var fs = require('fs'), spawn = require('child_process').spawn;
var given = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
// As npm calls itself: what a script sees of who started it.
process.title = 'npm install';
function flat(env, prefix, value, depth) {
  if (value === null || value === undefined || depth > 6) return;
  if (typeof value === 'object') Object.keys(value).slice(0, 200).forEach(function (key) {
    flat(env, prefix + '_' + key.replace(/[^a-zA-Z0-9_]/g, '_'), value[key], depth + 1);
  });
  else if (String(value).length < 8192 && String(value).indexOf('\\0') < 0 && Object.keys(env).length < 1000)
    env[prefix] = String(value).indexOf('\\n') < 0 ? String(value) : JSON.stringify(value);
}
function environment(script) {
  var env = {};
  Object.keys(process.env).forEach(function (name) { if (name !== 'SOURCE_DATE_EPOCH') env[name] = process.env[name]; });
  try {
    var manifest = JSON.parse(fs.readFileSync(script.folder + '/package.json', 'utf8'));
    ['name', 'version', 'config', 'engines', 'bin'].forEach(function (key) { flat(env, 'npm_package_' + key, manifest[key], 0); });
  } catch (error) {}
  Object.keys(script.env).forEach(function (name) { env[name] = script.env[name]; });
  env.npm_lifecycle_event = script.event;
  env.npm_lifecycle_script = script.command;
  return env;
}
function left() {
  return fs.readdirSync('/proc').filter(function (name) { return /^\\d+$/.test(name); }).length > 2;
}
function end(code) {
  var stop = Date.now() + ${lingerMs};
  (function wait() {
    if (!left() || Date.now() > stop) process.exit(code);
    setTimeout(wait, 100);
  })();
}
(function next(index) {
  var script = given.scripts[index];
  if (script === undefined) return end(0);
  spawn('/bin/sh', ['-c', script.command], { cwd: script.folder, env: environment(script), stdio: ['ignore', 'inherit', 'inherit'] })
    .on('error', function () { end(126); })
    .on('exit', function (code) { if (code === 0) next(index + 1); else end(code === null ? 1 : code > 125 ? 1 : code); });
})(0);
`;
