#!/usr/bin/env node
// Loading takes longer than starting: a coordinator that is told meanwhile to read its file again must not end by it.
let hasHungUp = false;
const noteHangUp = () => {
  hasHungUp = true;
};
process.on('SIGHUP', noteHangUp);
const { main } = await import('../dist/src/tools/main.js');
const ended = main(process.argv.slice(2));
process.off('SIGHUP', noteHangUp);
if (hasHungUp) process.kill(process.pid, 'SIGHUP');
process.exitCode = await ended;
