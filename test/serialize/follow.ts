/**
 * What stands at a path as an `H5UnsupportedError` has it: `$.users[3]["two words"]`. Of Maps and Sets, which have no
 * notation of their own: `[n]` is an element, `[key n]` and `[value n]` a key and a value, `.name` the value of a key.
 */
export function follow(root: unknown, path: string): unknown {
  if (!path.startsWith('$')) throw new Error(`no path: ${path}`);
  let at = root;
  let rest = path.slice(1);
  while (rest !== '') {
    const name = /^\.([\p{ID_Start}$_][\p{ID_Continue}$]*)/u.exec(rest);
    const quoted = /^\[("(?:[^"\\]|\\.)*")\]/.exec(rest);
    const numbered = /^\[(key |value )?(\d+)\]/.exec(rest);
    const segment = name ?? quoted ?? numbered;
    if (!segment) throw new Error(`what is ${rest} in ${path}?`);
    rest = rest.slice(segment[0].length);
    if (numbered) at = element(at, numbered[1] ?? '', Number(numbered[2]));
    else
      at = member(
        at,
        name ? (name[1] as string) : (JSON.parse((quoted as RegExpExecArray)[1] as string) as string),
      );
  }
  return at;
}

function member(object: unknown, name: string): unknown {
  if (object instanceof Map) return object.get(name);
  if (!(name in (object as object))) throw new Error(`no property ${name}`);
  return (object as Record<string, unknown>)[name];
}

function element(object: unknown, part: string, index: number): unknown {
  if (object instanceof Map) return [...(part === 'key ' ? object.keys() : object.values())][index];
  if (object instanceof Set) return [...object][index];
  if (part === '') return (object as unknown[])[index];
  return Object.values(object as object)[index];
}
