import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { useEnvironment } from '../../src/containers/options.js';
import { H5Error } from '../../src/errors.js';
import { options, parseMemorySize, setOptions, withOptions } from '../../src/node.js';

const BEFORE = options();
afterEach(() => setOptions(BEFORE));

describe('sizes of memory', () => {
  test.each([
    [1000, 1000],
    ['1000', 1000],
    ['12B', 12],
    ['3K', 3072],
    ['250M', 262144000],
    ['250m', 262144000],
    ['1.5G', 1610612736],
    [' 2 G ', 2147483648],
  ])('%s', (size, bytes) => {
    expect(parseMemorySize(size)).toBe(bytes);
  });

  test.each([
    0,
    -1,
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '',
    '0',
    '-3M',
    '0.1B',
    '3T',
    'M',
    'many',
    '1e3',
    null,
  ])('%s is none', (size) => {
    expect(() => parseMemorySize(size as string)).toThrow(H5Error);
    expect(() => parseMemorySize(size as string)).toThrow(/no size of memory/);
  });
});

describe('options', () => {
  test('are set for all', () => {
    setOptions({ maxMemory: '1M' });
    expect(options()).toEqual({ errorMode: 'raise', maxMemory: 2 ** 20 });
    setOptions({ errorMode: 'ignore' });
    expect(options()).toEqual({ errorMode: 'ignore', maxMemory: 2 ** 20 });
  });

  test('that are none change nothing', () => {
    const before = options();
    expect(() => setOptions({ maxMemory: '1K', errorMode: 'quiet' as 'raise' })).toThrow(/'quiet'/);
    expect(() => setOptions({ errorMode: 'ignore', maxMemory: -1 })).toThrow(H5Error);
    expect(options()).toEqual(before);
  });

  test('of a scope end with it, however it ends', async () => {
    const before = options();
    expect(withOptions({ maxMemory: 5 }, () => options().maxMemory)).toBe(5);
    expect(options()).toEqual(before);
    expect(() =>
      withOptions({ maxMemory: 5 }, () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(options()).toEqual(before);
    const later = withOptions({ maxMemory: 7 }, async () => {
      await Promise.resolve();
      return withOptions({ errorMode: 'ignore' }, options);
    });
    expect(options().maxMemory).toBe(7);
    expect(await later).toEqual({ errorMode: 'ignore', maxMemory: 7 });
    expect(options()).toEqual(before);
    await expect(withOptions({ maxMemory: 7 }, () => Promise.reject(new Error('later')))).rejects.toThrow(
      'later',
    );
    expect(options()).toEqual(before);
  });

  test('of the environment hold until others are set', () => {
    useEnvironment({ MAX_MEM_USAGE: '3K' });
    expect(options().maxMemory).toBe(3072);
    useEnvironment({ MAX_MEM_USAGE: '4K' });
    setOptions({ maxMemory: '5K' });
    expect(options().maxMemory).toBe(5120);
    useEnvironment({ OTHER: '1' });
    useEnvironment({ MAX_MEM_USAGE: '' });
    expect(options().maxMemory).toBe(5120);
    useEnvironment({ MAX_MEM_USAGE: 'much' });
    expect(() => options()).toThrow(/'much' is no size of memory/);
    setOptions({ maxMemory: 9 });
    expect(options().maxMemory).toBe(9);
  });

  test('of the environment are those that a process begins with', () => {
    const node = fileURLToPath(new URL('../../src/node.ts', import.meta.url));
    const script = `import('${node}').then(({ options }) => console.log(options().maxMemory))`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '-e', script], {
      env: { ...process.env, MAX_MEM_USAGE: '64M' },
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(stdout.trim()).toBe(String(64 * 2 ** 20));
  });
});
