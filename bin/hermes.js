#!/usr/bin/env node
import fs from 'node:fs';

const args = process.argv.slice(2);
if (!printVersion()) await runCommand();

/** What needs nothing loaded. False when something else was asked, or when it cannot be written: then that is told as usual. */
function printVersion() {
  if (args.length !== 1 || !['--version', '-v'].includes(args[0])) return false;
  const { version } = JSON.parse(fs.readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  try {
    fs.writeSync(1, `${version}\n`);
    return true;
  } catch {
    return false;
  }
}

async function runCommand() {
  // Loading takes longer than starting: a coordinator that is told meanwhile to read its file again must not end by it.
  let hasHungUp = false;
  const noteHangUp = () => {
    hasHungUp = true;
  };
  process.on('SIGHUP', noteHangUp);
  const { main } = await import('../dist/package/cli/main.js').catch(cannotLoad);
  const ended = main(args);
  process.off('SIGHUP', noteHangUp);
  if (hasHungUp) process.kill(process.pid, 'SIGHUP');
  process.exitCode = await ended;
}

/** Where nothing more can be loaded, the words for it must be here. */
function cannotLoad(error) {
  const [code = ''] = /\bE(MFILE|NFILE|NOMEM)\b/.exec(`${error.code} ${error.message}`) ?? [];
  const remedies = {
    EMFILE: 'this process may not open more files: raise its limit (ulimit -n)',
    ENFILE: 'the system may not open more files: raise its limit (sysctl fs.file-max), or end what holds many open',
    ENOMEM: 'there is no more memory for this process: raise its limit (ulimit -v, or that of its container)',
  };
  const words = remedies[code] ?? `cannot be loaded: ${String(error).replaceAll(/\s*\n\s*/g, ' ')}`;
  process.stderr.write(`hermes: ${code === '' ? '' : `${code}: `}${words}\n`);
  process.exit(1);
}
