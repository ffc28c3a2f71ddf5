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
  const { main } = await import('../dist/package/cli/main.js');
  const ended = main(args);
  process.off('SIGHUP', noteHangUp);
  if (hasHungUp) process.kill(process.pid, 'SIGHUP');
  process.exitCode = await ended;
}
