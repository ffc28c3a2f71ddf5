import { describe, expect, test } from 'vitest';
import { nearName } from '../src/near-name.js';

const COMMANDS = ['create', 'ls', 'inspect', 'demo', 'consume', 'rm'];

describe('the name that was meant', () => {
  test.each([
    ['crate', 'create'],
    ['creat', 'create'],
    ['craete', 'create'],
    ['Inspect', 'inspect'],
    ['inpsect', 'inspect'],
    ['las', 'ls'],
    ['consmue', 'consume'],
  ])('of %s is %s', (word, name) => {
    expect(nearName(word, COMMANDS)).toBe(name);
  });

  test.each([['foo'], ['frobnicate'], ['xy'], [''], ['x'.repeat(1000)]])('of %.10s is none', (word) => {
    expect(nearName(word, COMMANDS)).toBeUndefined();
  });

  test('is the nearest of several', () => {
    expect(nearName('form', ['forms', 'from', 'for'])).toBe('forms');
  });
});
