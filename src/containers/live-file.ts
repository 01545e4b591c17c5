import type { Editor, EditWatcher } from '../hdf5/editing.js';
import type { FileSession } from '../hdf5/file-session.js';
import type { H5File } from '../hdf5/h5-file.js';
import type { H5Object } from '../hdf5/h5-object.js';
import { holdersOf } from '../hdf5/paths.js';
import { isPromiseLike } from '../hdf5/transactions.js';
import { LAYOUT_VERSION, Reserved } from '../serialize/layout.js';
import { SmallValueReader } from './small-value-reader.js';

/**
 * When changes of collections last: after each operation; at the end of the current task, so that all that a program does
 * in one go is one commit; or, with `'manual'`, when `commit`, `flush` or `close` is called, and not before: `transaction` and
 * `batch` are all or nothing then, but they are no commits, and `rollback` takes back all since the last `commit`, also what
 * they did, and what `H5Dict.write` and `H5List.write` have written.
 *
 * @example
 * using state = H5Dict.open('state.h5', { mode: 'r+', commit: 'manual' });
 * state.set('count', 1).commit();
 */
export type CommitPolicy = 'operation' | 'microtask' | 'manual';

/** What has changed with a commit. */
export interface ChangeEvent {
  /** The paths of members that were set or deleted, from the root of the file, each once: `/settings/theme`. */
  readonly paths: readonly string[];
}

/**
 * Is called after a commit that has changed something of what is listened to.
 *
 * @example
 * const listener: ChangeListener = ({ paths }) => console.log('changed:', paths);
 * state.subscribe('settings', listener);
 */
export type ChangeListener = (event: ChangeEvent) => void;

/** So many commits in turn may each have listeners that change something else, when a file is closed. */
const MOST_TURNS = 16;

interface Subscription {
  readonly path: string;
  readonly listener: ChangeListener;
}

/** What keeps changes for a while. */
export interface Deferred {
  /** Writes them. */
  flush(): void;
}

/** An open file, as all its collections share it: when changes are committed, and who hears of them. */
export class LiveFile implements EditWatcher {
  static readonly #all = new WeakMap<FileSession, LiveFile>();

  /** That of the file of an object. The first who asks with a policy decides. */
  static of({ session }: H5Object, policy?: CommitPolicy): LiveFile {
    let live = LiveFile.#all.get(session);
    if (!live) {
      live = new LiveFile(session);
      LiveFile.#all.set(session, live);
    }
    if (policy) live.policy = policy;
    return live;
  }

  policy: CommitPolicy = 'manual';
  /** How often changes were taken back: what is kept of the file may be of what it is no more. */
  epoch = 0;
  readonly #session: FileSession;
  /** Whether a commit is to come at the end of the task; until then there is a transaction. */
  #isPending = false;
  /** Why the last commit failed, if nobody has been told yet. */
  #failure: { readonly error: unknown } | undefined;
  /** Why the last commit failed that the program asked for. */
  #told: unknown;
  #isOurs = false;
  readonly #subscriptions = new Set<Subscription>();
  /** The paths of what has changed since the last commit. */
  #changes: string[] = [];
  /** What stands for the contents of objects of the file, by their addresses; and the times since when. */
  readonly #states = new Map<number, { readonly state: object; readonly since: number }>();
  readonly #deferred = new Set<Deferred>();
  readonly smallValues: SmallValueReader;

  private constructor(session: FileSession) {
    this.#session = session;
    this.smallValues = new SmallValueReader(session);
  }

  get file(): H5File {
    return this.#session.file;
  }

  // ---- changes --------------------------------------------------------------------------------------

  /** What makes changes. A commit that has failed behind the back of the program fails here. */
  edit(): Editor {
    this.#tell();
    const editor = this.#session.edit();
    // After `compact` it is another one.
    editor.watcher = this;
    return editor;
  }

  /** Whether the file has the layout of ours; in others an attribute and a member can have one name. */
  get isOurs(): boolean {
    this.#isOurs ||= this.#session.file.attrs.has(Reserved.layout);
    return this.#isOurs;
  }

  /** Says of a new file what its layout is. */
  begin(): void {
    const { attrs, size } = this.#session.file;
    if (size === 0 && attrs.size === 0) attrs.set(Reserved.layout, LAYOUT_VERSION);
  }

  /** Makes a change that is all or nothing by itself. `path` says of what, for those who listen. */
  change<T>(path: string, action: (editor: Editor) => T): T {
    const editor = this.edit();
    const session = this.#session;
    this.begin();
    if (this.policy === 'operation' && session.depth === 0)
      return session.file.transaction(() => this.#note(path, action(editor)));
    if (this.policy === 'microtask' && session.depth === 0) this.#commitLater();
    // What writes parts would commit by itself.
    session.depth++;
    try {
      return this.#note(path, action(editor));
    } finally {
      session.depth--;
    }
  }

  /** Makes several changes as one: all of them or, if `action` throws or is rejected, none. */
  transaction<T>(action: () => T): T {
    this.edit();
    const session = this.#session;
    // It lasts when it is over; by hand, when that is asked for.
    if (this.#isPending) {
      return lasting(
        () => session.file.transaction(action),
        (isLate) => isLate && this.#commitNow(),
      );
    }
    if (session.depth > 0 || this.policy !== 'manual') return session.file.transaction(action);
    session.depth++;
    return lasting(
      () => session.file.transaction(action),
      () => session.depth--,
    );
  }

  /** Makes changes that are one operation: all or none. They are committed when changes are. */
  whole<T>(action: () => T): T {
    this.edit();
    if (this.policy === 'microtask' && this.#session.depth === 0) this.#commitLater();
    return this.transaction(action);
  }

  /** Something has been changed by other means: it is committed when changes are. */
  changed(path: string): void {
    this.#note(path, undefined);
    const session = this.#session;
    if (session.depth > 0) return;
    if (this.policy === 'microtask') this.#commitLater();
    else if (this.policy === 'operation') session.file.commit();
  }

  /** Does something of which all is taken back if it throws. It is no commit by itself. */
  atomically<T>(path: string, action: () => T): T {
    const editor = this.edit();
    const session = this.#session;
    session.depth++;
    let result: T;
    try {
      result = editor.transaction(session, action);
    } finally {
      session.depth--;
    }
    this.changed(path);
    return result;
  }

  /** Makes several changes of which none can fail: they are one commit. */
  together<T>(action: () => T): T {
    this.edit();
    const session = this.#session;
    return this.policy === 'operation' && session.depth === 0 ? session.file.transaction(action) : action();
  }

  #note<T>(path: string, result: T): T {
    if (this.#subscriptions.size > 0 && this.#changes.at(-1) !== path) this.#changes.push(path);
    return result;
  }

  #commitLater(): void {
    this.#isPending = true;
    this.#session.depth++;
    queueMicrotask(() => this.#commitNow());
  }

  #commitNow(): void {
    if (!this.#isPending) return;
    const session = this.#session;
    this.#isPending = false;
    session.depth--;
    if (session.closed) return;
    if (session.depth > 0) {
      // A transaction that takes its time is under way: what came before it waits for its end.
      session.depth++;
      this.#isPending = true;
      setTimeout(() => this.#commitNow(), 1);
      return;
    }
    try {
      session.file.commit();
    } catch (error) {
      // A file that can be committed no more says the same each time.
      if (error === this.#told) return;
      this.#failure = { error };
      // If nobody has asked by then, it is an uncaught error: what has been set is not there.
      setTimeout(() => this.#tell());
    }
  }

  /** Commits what has changed. */
  commit(): void {
    this.#tell();
    this.#telling(() => this.#session.file.flush());
  }

  /** Commits, and closes the file. */
  close(): void {
    this.#telling(() => {
      this.#settle();
      this.#session.file.close();
    });
    this.#tell();
  }

  #telling(commit: () => void): void {
    try {
      commit();
    } catch (error) {
      this.#told = error;
      throw error;
    }
  }

  /** The same; when what has changed cannot be committed, the file is closed without it. */
  end(): void {
    try {
      this.#settle();
    } finally {
      this.#session.file[Symbol.dispose]();
    }
    this.#tell();
  }

  /** Commits what has changed, and what listeners change that hear of it: after the last commit nobody else does. */
  #settle(): void {
    const { file } = this.#session;
    for (let turn = 0; turn < MOST_TURNS && file.isOpen && this.#changes.length > 0; turn++) file.flush();
  }

  /** Throws why a commit has failed behind the back of the program, once. */
  #tell(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure.error;
  }

  // ---- what stands for objects ----------------------------------------------------------------------

  /** Something that is kept for an object of the file as long as it is there, and no rollback may have changed it. */
  state<T extends object>(address: number, make: () => T): T {
    const { editor } = this.#session;
    const known = this.#states.get(address);
    if (known && !editor?.isRemoved(address, known.since)) return known.state as T;
    const since = editor?.clock ?? 0;
    const state = make();
    this.#states.set(address, { state, since });
    return state;
  }

  dropState(address: number): void {
    this.#states.delete(address);
  }

  /** Something has changes that are not in the file yet: it is asked for them before others look. */
  defer(deferred: Deferred): void {
    this.#deferred.add(deferred);
  }

  // ---- listeners ------------------------------------------------------------------------------------

  /** Calls a listener after each commit that has changed what is at a path, below it or above it. Returns what ends that. */
  subscribe(path: string, listener: ChangeListener): () => void {
    const { editor } = this.#session;
    if (editor) editor.watcher = this;
    const subscription = { path, listener };
    this.#subscriptions.add(subscription);
    return () => this.#subscriptions.delete(subscription);
  }

  // ---- what the editor tells ------------------------------------------------------------------------

  flushing(): void {
    if (this.#deferred.size === 0) return;
    const all = [...this.#deferred];
    this.#deferred.clear();
    for (const each of all) each.flush();
  }

  noted(path: string): void {
    this.#note(path, undefined);
  }

  committed(): void {
    if (this.#changes.length === 0) return;
    const places = new Map<string, number>();
    for (const path of this.#changes) if (!places.has(path)) places.set(path, places.size);
    this.#changes = [];
    // There can be many of both, changes and listeners.
    const within = new Map<string, string[]>();
    for (const path of places.keys()) {
      for (const holder of holdersOf(path)) {
        const known = within.get(holder);
        if (known) known.push(path);
        else within.set(holder, [path]);
      }
    }
    for (const subscription of [...this.#subscriptions]) {
      // Another listener may have ended it.
      if (!this.#subscriptions.has(subscription)) continue;
      const { path, listener } = subscription;
      const concerned = [...(within.get(path) ?? [])];
      for (const holder of holdersOf(path)) if (holder !== path && places.has(holder)) concerned.push(holder);
      if (concerned.length === 0) continue;
      concerned.sort((a, b) => (places.get(a) as number) - (places.get(b) as number));
      try {
        listener({ paths: concerned });
      } catch (error) {
        // It is committed: that a listener fails is its own affair, and no reason to say that the commit has.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  mark(): number {
    return this.#changes.length;
  }

  undone(mark = 0): void {
    this.#isOurs = false;
    this.epoch++;
    this.#changes.length = mark;
    this.#deferred.clear();
    this.#states.clear();
  }
}

/** Does something when an action is over; `isLate`: it has taken its time. */
function lasting<T>(action: () => T, after: (isLate: boolean) => void): T {
  let result: T;
  try {
    result = action();
  } catch (error) {
    after(false);
    throw error;
  }
  if (isPromiseLike(result)) return Promise.resolve(result).finally(() => after(true)) as T;
  after(false);
  return result;
}
