import fs from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { createSegment, inspectSegment } from '../../src/index.js';
import { readCoordinatorConfig } from '../../src/tools/coordinator-config.js';
import { scratchDirectory } from '../support/scratch.js';
import { CommandLine } from './command-line.js';

let cli: CommandLine;
beforeEach(() => {
  cli = new CommandLine();
});

const groups = () => inspectSegment('jobs', cli).groups.map(({ name, shared, durable }) => [name, shared, durable]);

describe('hermes create --group', () => {
  test('declares groups, which are there before anybody attaches, and which inspect shows', async () => {
    const create = ['create', 'jobs', '--group', 'workers:shared', '--group', 'audit', '--max-groups', '3'];
    expect(await cli.runHere(create)).toMatchObject({ code: 0 });
    expect(groups()).toEqual([
      ['workers', true, true],
      ['audit', false, true],
    ]);
    const { stdout } = await cli.runHere(['inspect', 'jobs']);
    expect(stdout.toString()).toMatch(/^ +groups +up to 3, .*; declared: workers \(shared\), audit$/m);
    expect(stdout.toString()).toMatch(/^workers +reliable durable shared/m);
    expect(stdout.toString()).toMatch(/^audit +reliable durable {2}/m);
    expect(stdout.toString()).not.toMatch(/^default/m);
  });

  test('takes one name each time, wherever the segment stands', async () => {
    expect(await cli.runHere(['create', '--group', 'audit', 'jobs'])).toMatchObject({ code: 0 });
    expect(groups()).toEqual([['audit', false, true]]);
  });

  test.each([
    [['--group', 'workers:exclusive'], /group is workers:exclusive: .*:shared/],
    [['--group', 'a', '--group', 'a:shared'], /group is a twice/],
    [['--group', 'a', '--shared'], /shared is true, and groups are declared/],
    [['--group', ''], /INVALID_NAME/],
    [['--group'], /missing after --group/],
    [['--group', 'a', '--max-groups', '0'], /max-?groups is 0/i],
    [['--groups', '4'], /--max-groups/],
  ])('%j is refused', async (args, message) => {
    const { code, stderr } = await cli.runHere(['create', 'jobs', ...args]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) });
    expect(cli.files).toEqual([]);
  });
});

test('hermes consume takes the kind of the group, and names those that there are', async () => {
  createSegment('jobs', { ...cli, groups: { workers: { shared: true }, audit: {} } });
  expect(await cli.run(['produce', 'jobs'], 'one\ntwo\n')).toMatchObject({ code: 0 });
  const { stdout } = await cli.runHere(['consume', 'jobs', '--group', 'workers', '--drain']);
  expect(stdout.toString()).toBe('one\ntwo\n');
  expect(await cli.runHere(['consume', 'jobs', '--drain'])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/no group default: .*workers \(shared\), audit/),
  });
});

describe('hermes groups add', () => {
  test('declares a group of a segment that is there, once', async () => {
    createSegment('jobs', cli);
    const add = ['groups', 'jobs', 'add', 'workers', '--shared'];
    expect((await cli.runHere(add)).stderr).toContain('Added the group workers to jobs.');
    expect((await cli.runHere(add)).stderr).toContain('jobs has the group workers already.');
    expect(groups().at(-1)).toEqual(['workers', true, true]);
    const { code, stderr } = await cli.runHere(add.slice(0, -1));
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/shared, where .*not shared is asked/) });
  });

  test.each([
    [['add'], /which group: hermes groups <segment> add <group>/],
    [['rm', 'default', '--shared'], /shared is for hermes groups <segment> add/],
    [['--from', 'latest'], /from is for hermes groups <segment> add/],
  ])('%j is refused', async (args, message) => {
    createSegment('jobs', cli);
    const { code, stderr } = await cli.runHere(['groups', 'jobs', ...args]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) });
    expect(groups()).toHaveLength(1);
  });
});

describe('groups of a coordinator’s file', () => {
  function read(segment: object): unknown {
    const file = path.join(scratchDirectory(), 'hermes.json');
    fs.writeFileSync(file, JSON.stringify({ segments: { jobs: segment } }));
    return readCoordinatorConfig(file).segments.jobs;
  }

  test('are declared by name', () => {
    const declared = { groups: { workers: { shared: true }, audit: {} }, maxGroups: 4 };
    expect(read(declared)).toEqual(declared);
  });

  test.each([
    [{ groups: 4 }, /segment jobs: groups is 4: .*maxGroups/],
    [{ groups: ['a'] }, /groups is no object/],
    [{ groups: { a: true } }, /group a is no object/],
    [{ groups: { a: { share: true } } }, /group a: share is no setting/],
    [{ groups: { a: { shared: 1 } } }, /group a: shared is 1: give true or false/],
  ])('%j is refused', (segment, message) => {
    expect(() => read(segment)).toThrow(message);
  });
});
