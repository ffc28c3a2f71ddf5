#!/usr/bin/env node
// Loading takes longer than starting: a coordinator that is told meanwhile to read its file again must not end by it.
let hasHungUp = false;
const noteHangUp = () => {
  hasHungUp = true;
};
process.on('SIGHUP', noteHangUp);
const { main } = await import('../dist/src/tools/main.js').catch(cannotLoad);
const ended = main(process.argv.slice(2));
process.off('SIGHUP', noteHangUp);
if (hasHungUp) process.kill(process.pid, 'SIGHUP');
process.exitCode = await ended;

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
