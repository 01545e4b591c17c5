import { expect, it } from 'vitest';
import { H5Dict } from '../../src/node.js';
import * as np from '../../src/numpy-of-node.js';

it('arrays that are made later are made where they are set', () => {
  const dict = H5Dict.write<Record<string, unknown>>(undefined, {
    before: 1,
    weights: 'to be replaced',
    after: 2,
  });
  dict.set('weights', np.full.defer([2, 3], 7, { dtype: 'int16' }));
  dict.set('zeros', np.zeros.defer([4]));
  expect([...dict.keys()]).toEqual(['before', 'weights', 'after', 'zeros']);
  expect(dict.file.dataset('weights').dtype).toBe('<i2');
  expect(dict.file.dataset('weights').toArray()).toEqual([
    [7, 7, 7],
    [7, 7, 7],
  ]);
  expect(dict.get('zeros')).toEqual(new Float64Array(4));
  expect(() => dict.set('function', () => 1)).toThrow(/function/);
});
