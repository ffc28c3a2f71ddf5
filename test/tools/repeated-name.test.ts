import fc from 'fast-check';
import { expect, test } from 'vitest';
import { repeatedName } from '../../src/tools/coordinator-config.js';

test.each([
  ['{"a": 1, "b": 2, "a": 3}', 'a'],
  ['{"segments": {"ticks": {}, "ticks": {}}}', 'segments.ticks'],
  ['{"segments": {"ticks": {"producers": 1, "groups": 2, "producers": 1}}}', 'segments.ticks.producers'],
  ['{"segments": {}, "segments": {}}', 'segments'],
  ['{"a": {"x": 1}, "b": {"x": 1, "x": 1}}', 'b.x'],
  ['{"a": 1, "\\u0061": 2}', 'a'],
  ['{"": 1, "": 2}', ''],
  ['{"__proto__": {}, "__proto__": {}}', '__proto__'],
  ['{"a\\"b": 1, "a\\"b": 2}', 'a"b'],
  ['[{"a": 1}, {"a": 1, "a": 2}]', '.a'],
])('%s', (text, name) => {
  JSON.parse(text);
  expect(repeatedName(text)).toBe(name);
});

test.each([
  ['{"a": {"a": {"a": 1}}}'],
  ['[{"a": 1}, {"a": 1}]'],
  ['{"a": "a", "b": "a"}'],
  ['{"a": ["a", "a", "a:", "{", "b"], "b": ":"}'],
  ['{"a": "\\\\", "b": "\\\\"}'],
  ['{"a": "x\\"", "b": "\\":{"}'],
  ['"a"'],
  ['5'],
  ['{}'],
])('nothing is there twice in %s', (text) => {
  JSON.parse(text);
  expect(repeatedName(text)).toBeUndefined();
});

test('nothing is there twice in what JSON.stringify has made, however it is laid out', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(4), (value, indent) => {
      expect(repeatedName(JSON.stringify(value, null, indent))).toBeUndefined();
    }),
  );
});

test('what is added to any object under a name that it has is found', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), (object) => {
      const [name] = Object.keys(object);
      const text = JSON.stringify(object).replace(/}$/, () => `,${JSON.stringify(name)}:null}`);
      expect(repeatedName(text)).toBe(name);
    }),
  );
});
