import fc from 'fast-check';
import { expect, test } from 'vitest';
import { holdersOf, isWithin } from '../../src/hdf5/paths.js';
import { runs } from '../thoroughness.js';

test('the holders of a path are those that it is within, from itself to the root', () => {
  const path = fc
    .array(fc.constantFrom('a', 'b', 'ab', 'é'), { maxLength: 4 })
    .map((names) => `/${names.join('/')}`);
  fc.assert(
    fc.property(path, path, (inner, other) => {
      const holders = [...holdersOf(inner)];
      expect(holders[0]).toBe(inner);
      expect(holders.at(-1)).toBe('/');
      expect(holders.every((each, i) => i === 0 || each.length < (holders[i - 1] as string).length)).toBe(
        true,
      );
      expect(holders.includes(other)).toBe(isWithin(inner, other));
    }),
    { numRuns: runs(300) },
  );
});
