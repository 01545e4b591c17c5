// @ts-check
/** Values that several scenarios measure. Each is made anew by the same random numbers. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { randomNumbers } from './harness.mjs';

/**
 * @param {number} seed
 */
function chooser(seed) {
  const random = randomNumbers(seed);
  const below = (/** @type {number} */ count) => Math.floor(random() * count);
  return {
    random,
    below,
    /**
     * @template T
     * @param {readonly T[]} list
     */
    oneOf: (list) => /** @type {T} */ (list[below(list.length)]),
  };
}

// ---- trees ----------------------------------------------------------------------------------------------

/** @typedef {Record<string, unknown> | Map<string, unknown> | unknown[]} Branch */

const SHAPES = [
  ['id', 'name', 'children'],
  ['id', 'title', 'owner', 'created'],
  ['name', 'value', 'left', 'right'],
  ['status', 'notes', 'updated'],
  ['items', 'meta', 'link', 'tags', 'id'],
  ['title', 'body'],
  ['left', 'right'],
  ['name', 'meta', 'items'],
];

/**
 * A tree of nodes that have nothing in common: each is an object of some shape, a Map, an array, a string, a Date, a
 * number, a boolean, or an object that stands in another place of the tree as well, which can be one above it.
 *
 * @param {number} count About so many nodes.
 * @returns {Branch}
 */
export function mixedTree(count) {
  const { random, below, oneOf } = chooser(1);
  /** @type {Branch[]} */
  const branches = [{}];
  let made = 1;
  /** @param {Branch} branch */
  const grow = (branch) => {
    branches.push(branch);
    return branch;
  };
  const node = () => {
    made++;
    const kind = random();
    if (kind < 0.28) return grow({});
    if (kind < 0.38) return grow(new Map());
    if (kind < 0.5) return grow([]);
    if (kind < 0.58) return new Date(1.6e12 + below(1e9) * 100);
    if (kind < 0.63) return oneOf(branches);
    if (kind < 0.85) return `text ${below(1e6)}`;
    if (kind < 0.95) return below(2) ? below(1e6) : random();
    return random() < 0.5;
  };
  for (let i = 0; i < branches.length && made < count; i++) {
    const branch = /** @type {Branch} */ (branches[i]);
    if (Array.isArray(branch)) {
      for (let n = 1 + below(6); n > 0; n--) branch.push(node());
    } else if (branch instanceof Map) {
      for (let n = 1 + below(5); n > 0; n--) branch.set(`key ${below(100)}`, node());
    } else {
      for (const key of oneOf(SHAPES)) branch[key] = node();
    }
  }
  return /** @type {Branch} */ (branches[0]);
}

/**
 * A tree of documents: all are alike, but that each has as many children, tags and notes as it has.
 *
 * @param {number} count About so many nodes: a document is one, and so is all that it holds.
 */
export function documentTree(count) {
  const { random, below, oneOf } = chooser(2);
  const owners = Array.from({ length: 50 }, (_, i) => ({
    name: `owner ${i}`,
    mail: `owner${i}@example.org`,
  }));
  let made = 0;
  /** @type {{ tags: string[], children: object[] }[]} */
  const documents = [];
  const document = () => {
    const document = {
      id: documents.length,
      title: `document ${below(1e6)}`,
      created: new Date(1.6e12 + below(1e9) * 100),
      owner: oneOf(owners),
      tags: Array.from({ length: below(4) }, () => `tag ${below(30)}`),
      notes: new Map(Object.entries({ weight: random(), state: oneOf(['new', 'open', 'done']) })),
      children: /** @type {object[]} */ ([]),
    };
    documents.push(document);
    return document;
  };
  const root = document();
  for (let i = 0; made < count; i++) {
    const parent = documents[i];
    for (let n = 2 + below(5); n > 0; n--) {
      const child = document();
      // Itself, its title, date, list of tags, tags, Map, what is in the Map, and list of children.
      made += 8 + child.tags.length;
      parent?.children.push(child);
    }
  }
  return root;
}

// ---- instances ------------------------------------------------------------------------------------------

export class Reading {
  /**
   * @param {number} id
   * @param {string} station
   * @param {number} level
   * @param {boolean} valid
   * @param {string} remark
   */
  constructor(id, station, level, valid, remark) {
    this.id = id;
    this.station = station;
    this.level = level;
    this.valid = valid;
    this.remark = remark;
  }
}

const CITIES = ['Köln', 'Bonn', 'Basel', 'Rotterdam', 'Straßburg', 'Koblenz', 'Mainz', 'Worms'];

/**
 * Instances of a class with an integer, a float, a boolean and two strings.
 *
 * @param {number} count
 */
export function readings(count) {
  const { random, below, oneOf } = chooser(1);
  return Array.from({ length: count }, (_, id) => {
    const station = oneOf(CITIES);
    const remark = `remark ${below(1e6)}`;
    return new Reading(id, station, Math.round(random() * 1e5) / 100, random() < 0.9, remark);
  });
}

// ---- what applications hold -----------------------------------------------------------------------------

const WORDS =
  'time year people way day man thing woman life child world school state family student group country problem hand part ' +
  'place case week company system program question work government number night point home water room mother area money ' +
  'story fact month lot right study book eye job word business issue side kind head house service friend father power hour';

/**
 * Texts of 5 to 100 words.
 *
 * @param {number} count
 */
export function corpus(count) {
  const { below, oneOf } = chooser(3);
  const words = [...WORDS.split(' '), 'Straße', 'naïve', '北京', 'θέατρο'];
  return Array.from({ length: count }, () => {
    let text = oneOf(words);
    for (let n = 4 + below(96); n > 0; n--) text += ` ${oneOf(words)}`;
    return text;
  });
}

/**
 * Rows of a table of ten columns, one of which has gaps.
 *
 * @param {number} count
 */
export function table(count) {
  const { random, below, oneOf } = chooser(4);
  return Array.from({ length: count }, (_, id) => ({
    id,
    account: `A-${below(1e6)}`,
    city: oneOf(CITIES),
    amount: Math.round(random() * 1e7) / 100,
    balance: Math.round(random() * 1e9) / 100,
    count: below(100),
    open: random() < 0.8,
    rating: random() < 0.2 ? null : below(6),
    latitude: 47 + random() * 6,
    longitude: 6 + random() * 4,
  }));
}

/**
 * The state of a web application, as a store of redux holds it: entities by their ids, lists of ids, what is on the
 * screen, and requests that are under way.
 *
 * @param {number} count How many tasks.
 */
export function applicationState(count) {
  const { random, below, oneOf } = chooser(5);
  const id = () => below(2 ** 31).toString(36);
  const users = Array.from({ length: count / 20 }, (_, i) => `user-${i}`);
  const tasks = Array.from({ length: count }, (_, i) => `task-${i}-${id()}`);
  return {
    entities: {
      users: {
        ids: users,
        byId: Object.fromEntries(
          users.map((id, i) => [
            id,
            {
              id,
              name: `User ${i}`,
              mail: `user${i}@example.org`,
              admin: i % 50 === 0,
              settings: {
                theme: oneOf(['dark', 'light']),
                language: oneOf(['en', 'de', 'fr']),
                pageSize: 20 + 10 * below(4),
              },
            },
          ]),
        ),
      },
      tasks: {
        ids: tasks,
        byId: Object.fromEntries(
          tasks.map((id) => [
            id,
            {
              id,
              title: `Task about ${oneOf(WORDS.split(' '))} and ${oneOf(WORDS.split(' '))}`,
              state: oneOf(['open', 'active', 'done']),
              author: oneOf(users),
              assignee: random() < 0.3 ? null : oneOf(users),
              created: 1.6e12 + below(1e9) * 100,
              labels: Array.from({ length: below(4) }, () => `label-${below(20)}`),
              ...(random() < 0.3 && { dueDate: 1.7e12 + below(1e9) * 100 }),
              comments: Array.from({ length: below(3) }, () => ({
                author: oneOf(users),
                text: `I think that ${oneOf(WORDS.split(' '))} is the ${oneOf(WORDS.split(' '))}.`,
                likes: below(10),
              })),
            },
          ]),
        ),
      },
    },
    ui: {
      theme: 'dark',
      sidebar: { open: true, width: 280, panels: ['filters', 'people'] },
      selection: tasks.slice(0, 25),
      filters: { state: 'open', label: null, from: 1.6e12, text: '' },
      views: Object.fromEntries(
        ['list', 'board', 'calendar'].map((name, i) => [
          name,
          { name, page: i, sort: { by: 'created', up: i > 0 } },
        ]),
      ),
      toasts: [],
    },
    requests: Object.fromEntries(
      tasks.slice(0, 200).map((id) => [`GET /tasks/${id}`, { status: 'done', at: 1.7e12, error: null }]),
    ),
    router: { location: { pathname: '/tasks', search: '?state=open', hash: '' }, history: ['/', '/tasks'] },
  };
}

// ---- a geometry model -----------------------------------------------------------------------------------

export class Vertex {
  /** @type {HalfEdge | null} One that begins here. */
  edge = null;

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} z
   */
  constructor(x, y, z) {
    this.x = x;
    this.y = y;
    this.z = z;
  }
}

export class HalfEdge {
  /** @type {HalfEdge | null} The next one around its face. */
  next = null;
  /** @type {HalfEdge | null} The same edge in the other direction; none at the border. */
  twin = null;

  /**
   * @param {Vertex} origin
   * @param {Face} face
   */
  constructor(origin, face) {
    this.origin = origin;
    this.face = face;
  }
}

export class Face {
  /** @type {HalfEdge | null} */
  edge = null;

  /** @param {number} material */
  constructor(material) {
    this.material = material;
  }
}

export class Mesh {
  /**
   * @param {string} name
   * @param {Vertex[]} vertices
   * @param {HalfEdge[]} edges
   * @param {Face[]} faces
   */
  constructor(name, vertices, edges, faces) {
    this.name = name;
    this.vertices = vertices;
    this.edges = edges;
    this.faces = faces;
  }
}

/**
 * A surface of triangles over a square of `size` times `size` cells.
 *
 * @param {number} size
 */
export function mesh(size) {
  const { random, below } = chooser(6);
  const row = size + 1;
  const vertices = Array.from(
    { length: row * row },
    (_, i) => new Vertex(i % row, Math.floor(i / row), random()),
  );
  /** @type {HalfEdge[]} */
  const edges = [];
  /** @type {Face[]} */
  const faces = [];
  /** @type {Map<number, HalfEdge>} By the numbers of both ends. */
  const byEnds = new Map();
  /** @param {[number, number, number]} corners */
  const triangle = (corners) => {
    const face = new Face(below(4));
    const around = corners.map((corner) => new HalfEdge(/** @type {Vertex} */ (vertices[corner]), face));
    around.forEach((edge, i) => {
      const [from, to] = [Number(corners[i]), Number(corners[(i + 1) % 3])];
      edge.next = around[(i + 1) % 3] ?? null;
      edge.origin.edge = edge;
      edge.twin = byEnds.get(to * vertices.length + from) ?? null;
      if (edge.twin) edge.twin.twin = edge;
      byEnds.set(from * vertices.length + to, edge);
    });
    face.edge = around[0] ?? null;
    faces.push(face);
    edges.push(...around);
  };
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const corner = y * row + x;
      triangle([corner, corner + 1, corner + row]);
      triangle([corner + 1, corner + row + 1, corner + row]);
    }
  }
  return new Mesh('terrain', vertices, edges, faces);
}

// ---- a syntax tree --------------------------------------------------------------------------------------

/** What a node has that is not its content. */
const NOT_SYNTAX = new Set(
  (
    'kind pos end parent flags modifierFlagsCache transformFlags id jsDoc flowNode symbol locals nextContainer emitNode ' +
    'lineMap identifiers nodeCount identifierCount symbolCount parseDiagnostics bindDiagnostics pragmas path languageVariant ' +
    'checkJsDirective referencedFiles typeReferenceDirectives libReferenceDirectives amdDependencies fileName'
  ).split(' '),
);

/** The syntax tree of the types of the DOM, as TypeScript parses them: some 115,000 nodes of 50 kinds. */
export async function syntaxTree() {
  const { default: ts } = await import('typescript');
  const path = fileURLToPath(new URL('lib.dom.d.ts', import.meta.resolve('typescript')));
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, false);
  /** @param {import('typescript').Node} node */
  const plain = (node) => {
    /** @type {Record<string, unknown>} */
    const own = { type: ts.SyntaxKind[node.kind], pos: node.pos, end: node.end };
    for (const [key, value] of Object.entries(node)) {
      if (key === 'escapedText') own['name'] = String(value);
      else if (key === 'text' && node !== source) own['text'] = value;
      else if (NOT_SYNTAX.has(key) || typeof value !== 'object' || value === null) continue;
      else if (Array.isArray(value)) own[key] = value.map(plain);
      else if ('kind' in value) own[key] = plain(/** @type {import('typescript').Node} */ (value));
    }
    return own;
  };
  return plain(source);
}
