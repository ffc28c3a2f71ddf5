import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { scratchDirectory } from '../support/scratch.js';

// What the declarations say is compiled as users compile it: in projects of their own, with nothing skipped.

const root = fileURLToPath(new URL('../../../', import.meta.url));
const modules = path.join(root, 'node_modules');

const TRUE = `
import {
  attachConsumer, attachProducer, attachRecorder, type Codec, type Consumer, type ConsumerOptions, createSegment, openJournal,
  type Producer, type ProducerOptions, Replay, replayInto,
} from 'hermes-ipc';

interface Job { id: number; tags?: string[] }
declare const job: Job;
type Same<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false;
const is = <A, B>(_: Same<A, B>) => {};

createSegment('jobs', { producers: 2, checksum: true });

const bytes = attachProducer('jobs');
is<typeof bytes, Producer<Uint8Array>>(true);
bytes.offer(Buffer.from('x'));
bytes.tryClaim(4)?.buffer.writeUInt32LE(1, 0);
bytes.writable().write('text');

const anything = attachProducer('jobs', { codec: 'json' });
anything.send({ id: 1 });
anything.send(job);
anything.offer([1, null, { a: new Date() }]);
anything.offerBatch([1, 'a', true, null]);
for (const wrong of [0]) {
  // @ts-expect-error JSON has no undefined
  anything.offer(undefined);
  // @ts-expect-error nor functions
  anything.offer(() => wrong);
  // @ts-expect-error nor BigInts
  anything.offer(1n);
}

const jobs = attachProducer<Job>('jobs', { codec: 'json', journal: { directory: 'd', sync: 'every' } });
is<typeof jobs, Producer<Job>>(true);
jobs.send(job, { type: 2 });
// @ts-expect-error a job has an id
jobs.send({ tags: [] });
const cloned = attachProducer<Map<string, Job>>('jobs', { codec: 'v8' });
cloned.offerBatch([new Map([['a', job]])]);
// @ts-expect-error without a codec values are bytes
attachProducer<Job>('jobs');
// @ts-expect-error likewise
attachProducer<Job>('jobs', { idle: 'spin' });
// @ts-expect-error likewise
attachProducer<Job>('jobs', { codec: 'bytes' });
// @ts-expect-error there is no such option
attachProducer('jobs', { codek: 'json' });

const raw = attachConsumer('jobs', { group: 'raw' });
is<typeof raw, Consumer<Buffer>>(true);
raw.poll((message) => is<typeof message.value, Buffer>(true));
const reader = attachConsumer<Job>('jobs', { codec: 'json' });
is<typeof reader, Consumer<Job>>(true);
reader.poll(({ value }) => is<typeof value, Job>(true));
reader.read(({ value }) => is<typeof value, Job>(true));
const unsaid = attachConsumer('jobs', { codec: 'json' });
is<typeof unsaid, Consumer<unknown>>(true);
// @ts-expect-error without a codec values are bytes
attachConsumer<Job>('jobs');
// @ts-expect-error likewise
attachConsumer<Job>('jobs', { group: 'workers' });
// @ts-expect-error there is no such option
attachConsumer('jobs', { groop: 'workers' });

const codec = {
  encode: (value: Job) => String(value.id),
  decode: (payload: Buffer): Job => ({ id: Number(payload) }),
};
const own = attachConsumer('jobs', { codec });
is<typeof own, Consumer<Job>>(true);
const ownProducer = attachProducer('jobs', { codec });
is<typeof ownProducer, Producer<Job>>(true);
// @ts-expect-error the codec encodes jobs
ownProducer.offer('text');
const inPlace: Codec<number> = {
  lengthOf: () => 8,
  encodeInto: (value, buffer, offset) => void buffer.writeDoubleLE(value, offset),
  decode: (payload) => payload.readDoubleLE(),
};
is<Consumer<number>, ReturnType<typeof numbers>>(true);
function numbers() { return attachConsumer('jobs', { codec: inPlace }); }

const options: ConsumerOptions = { group: 'workers' };
attachConsumer('jobs', { ...options, directory: '/dev/shm/x' });
const producing: ProducerOptions = { idle: { spinForUs: 1, sliceUs: 1 } };
attachProducer('jobs', producing);

async function later() {
  for await (const { value } of reader) is<typeof value, Job>(true);
  for await (const batch of reader.batches(2, { drain: true })) for (const { value } of batch) is<typeof value, Job>(true);
  for await (const value of reader.readable({ highWaterMark: 1 })) is<typeof value, Job>(true);
  for await (const value of raw.readable()) is<typeof value, Buffer>(true);
  reader.readable().on('data', (_: Job) => {}).pipe(process.stdout);
  jobs.writable().write(job);
  // @ts-expect-error a stream takes what its producer takes
  jobs.writable().write('text');
  using recorder = attachRecorder('jobs', { to: 'd' });
  await recorder.run({ drain: true, onBlocked: (error) => error?.code });
  using journal = openJournal('d', { from: { timeNs: 1n } });
  journal.read(({ value, payload }) => is<typeof value, typeof payload>(true));
  new Replay(journal, { to: { lane: 0, sequence: 1 } }).read(({ value }) => is<typeof value, Buffer>(true), 1);
  for await (const { payload, timestamp } of journal.messages({ follow: true })) is<[typeof payload, typeof timestamp], [Buffer, bigint]>(true);
  await replayInto('d', 'jobs', { speed: 2 });
  JSON.stringify([reader.toJSON().group, jobs.toJSON().lane, recorder.toJSON().position, journal.toJSON().gaps]);
}
void later;
`;

/** A project in which the package is installed, as npm would: with the types of Node that it brings, or beside those of the project. */
function project(ownTypes: boolean): string {
  const directory = scratchDirectory();
  const at = (name: string) => path.join(directory, 'node_modules', name);
  const installed = at('hermes-ipc');
  fs.cpSync(path.join(root, 'dist/package'), path.join(installed, 'dist/package'), {
    recursive: true,
    filter: (file) => !file.endsWith('.map') && !file.endsWith('.js'),
  });
  fs.copyFileSync(path.join(root, 'package.json'), path.join(installed, 'package.json'));
  const types = ownTypes ? path.join(directory, 'node_modules') : path.join(installed, 'node_modules');
  for (const name of ['@types/node', 'undici-types']) {
    fs.cpSync(path.join(modules, name), path.join(types, name), { recursive: true });
  }
  fs.writeFileSync(path.join(directory, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  fs.writeFileSync(path.join(directory, 'app.ts'), TRUE);
  return directory;
}

function compile(directory: string, compiler: string, module: string): string {
  const compilerOptions = {
    module,
    moduleResolution: module === 'nodenext' ? 'nodenext' : 'bundler',
    target: 'es2022',
    lib: ['es2022', 'esnext.disposable'],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: false,
  };
  fs.writeFileSync(path.join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['app.ts'] }));
  const { stdout, stderr } = spawnSync(process.execPath, [path.join(modules, compiler, 'bin/tsc')], {
    cwd: directory,
    encoding: 'utf8',
  });
  return stdout + stderr;
}

describe.each([
  ['TypeScript 7', 'typescript'],
  ['TypeScript 5.9', 'typescript-5.9'],
])('under %s', (_, compiler) => {
  test.each([
    ['nodenext', 'its own', true],
    ['nodenext', "the package's", false],
    ['esnext', "the package's", false],
  ])('as %s with %s types of Node, the types tell the truth', (module, _whose, ownTypes) => {
    expect(compile(project(ownTypes), compiler, module)).toBe('');
  });
});

test('without a type of its own the package would not compile: it declares @types/node', () => {
  const { dependencies } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  expect(dependencies).toHaveProperty('@types/node');
  expect(fs.readFileSync(path.join(root, 'dist/src/index.d.ts'), 'utf8')).toContain('<reference types="node"');
});
