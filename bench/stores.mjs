// @ts-check
/** Stores of keys and values that a program might use instead of a dict on a file, all by the same few calls. */
import { rmSync } from 'node:fs';
import { H5Dict } from 'h5pickle';
import { pack, unpack } from 'msgpackr';

/**
 * @typedef {object} Store
 * @property {(key: string, value: unknown) => void} set
 * @property {(key: string) => unknown} get
 * @property {(key: string) => void} delete
 * @property {(work: () => void) => void} batch Does several changes with one commit.
 * @property {() => unknown} close
 *
 * @typedef {object} StoreKind
 * @property {string} name
 * @property {(path: string, settings: { isDurable: boolean, isBatch: boolean }) => Store} open A new one.
 */

/** @type {StoreKind} */
export const OURS = {
  name: 'H5Dict',
  open(path, { isDurable, isBatch }) {
    const dict = H5Dict.open(`${path}.h5`, {
      mode: 'w',
      // As with the others, what is committed is there after a power cut when the library itself opens the file.
      durability: isDurable ? 'normal' : 'off',
      commit: isBatch ? 'manual' : 'operation',
    });
    return {
      set: (key, value) => dict.set(key, value),
      get: (key) => dict.get(key),
      delete: (key) => dict.delete(key),
      batch(work) {
        work();
        dict.commit();
      },
      close: () => dict.close(),
    };
  },
};

/**
 * The others that are installed: lmdb is, with the tools of the project; better-sqlite3 is compiled when it is installed, and
 * takes part where somebody has done that (`npm install --no-save better-sqlite3`).
 *
 * @param {(text: string) => void} say
 * @returns {Promise<StoreKind[]>}
 */
export async function otherStores(say) {
  /** @type {StoreKind[]} */
  const stores = [];
  const { open } = await import('lmdb');
  stores.push({
    name: 'lmdb',
    open(path, { isDurable }) {
      rmSync(`${path}.lmdb`, { recursive: true, force: true });
      const database = open({ path: `${path}.lmdb`, noSync: !isDurable, noMetaSync: !isDurable });
      return {
        set: (key, value) => database.putSync(key, value),
        get: (key) => database.get(key),
        delete: (key) => database.removeSync(key),
        batch: (work) => database.transactionSync(work),
        close: () => database.close(),
      };
    },
  });
  const name = 'better-sqlite3';
  /** @type {any} */
  let Database;
  try {
    ({ default: Database } = await import(name));
  } catch {
    say(`${name} is not installed: nothing to compare with there`);
    return stores;
  }
  stores.push({
    name,
    open(path, { isDurable }) {
      for (const end of ['', '-wal', '-shm']) rmSync(`${path}.sqlite${end}`, { force: true });
      const database = new Database(`${path}.sqlite`);
      database.pragma('journal_mode = WAL');
      database.pragma(`synchronous = ${isDurable ? 'FULL' : 'OFF'}`);
      database.exec('CREATE TABLE dict (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID');
      const set = database.prepare('INSERT OR REPLACE INTO dict VALUES (?, ?)');
      const get = database.prepare('SELECT value FROM dict WHERE key = ?').pluck();
      const remove = database.prepare('DELETE FROM dict WHERE key = ?');
      return {
        set: (key, value) => set.run(key, pack(value)),
        get: (key) => unpack(get.get(key)),
        delete: (key) => remove.run(key),
        batch: (work) => database.transaction(work)(),
        close: () => database.close(),
      };
    },
  });
  return stores;
}
