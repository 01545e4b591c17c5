// @ts-check
/** 100,000 instances of a class, against what else turns objects into bytes or text. */
import * as v8 from 'node:v8';
import { deserialize, serialize, TypeRegistry } from 'h5pickle';
import { Packr } from 'msgpackr';
import superjson from 'superjson';
import { checkSame, compare, randomNumbers, ratio, runScenario } from './harness.mjs';

class Reading {
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

const COUNT = 100_000;
const STATIONS = ['Köln', 'Bonn', 'Basel', 'Rotterdam', 'Straßburg', 'Koblenz', 'Mainz', 'Worms'];
const OURS_OUT = 'h5pickle serialize';
const OURS_IN = 'h5pickle deserialize';

await runScenario(async ({ quick }) => {
  const random = randomNumbers();
  const readings = Array.from({ length: COUNT }, (_, id) => {
    const station = /** @type {string} */ (STATIONS[Math.floor(random() * STATIONS.length)]);
    const remark = `remark ${Math.floor(random() * 1e6)}`;
    return new Reading(id, station, Math.round(random() * 1e5) / 100, random() < 0.9, remark);
  });

  const registry = new TypeRegistry().register(Reading, { name: 'Reading' });
  superjson.registerClass(Reading, { identifier: 'Reading' });
  const structuredClone = new Packr({ structuredClone: true });
  const records = new Packr({ structures: [] });

  const bytes = serialize(readings, { registry });
  const json = JSON.stringify(readings);
  const ofV8 = v8.serialize(readings);
  const ofStructuredClone = structuredClone.pack(readings);
  const ofRecords = records.pack(readings);
  const ofSuperjson = superjson.stringify(readings);

  checkSame('h5pickle', deserialize(bytes, { registry }), readings);
  checkSame('superjson', superjson.parse(ofSuperjson), readings);
  const plain = readings.map((reading) => ({ ...reading }));
  checkSame('JSON', JSON.parse(json), plain);
  checkSame('v8', v8.deserialize(ofV8), plain);
  checkSame('msgpackr, structuredClone', structuredClone.unpack(ofStructuredClone), plain);
  checkSame('msgpackr, records', records.unpack(ofRecords), plain);

  const rounds = quick ? 5 : 15;
  const slow = quick ? 2 : 5;
  const out = await compare(
    [
      { name: OURS_OUT, run: () => serialize(readings, { registry }) },
      { name: 'JSON.stringify', run: () => JSON.stringify(readings) },
      { name: 'v8.serialize', run: () => v8.serialize(readings) },
      { name: 'msgpackr pack, structuredClone', run: () => structuredClone.pack(readings) },
      { name: 'msgpackr pack, records', run: () => records.pack(readings) },
      { name: 'superjson.stringify', run: () => superjson.stringify(readings), rounds: slow },
    ],
    { rounds },
  );
  const sizes = [
    bytes.length,
    Buffer.byteLength(json),
    ofV8.length,
    ofStructuredClone.length,
    ofRecords.length,
    Buffer.byteLength(ofSuperjson),
  ];
  const back = await compare(
    [
      { name: OURS_IN, run: () => deserialize(bytes, { registry }) },
      { name: 'JSON.parse', run: () => JSON.parse(json) },
      { name: 'v8.deserialize', run: () => v8.deserialize(ofV8) },
      { name: 'msgpackr unpack, structuredClone', run: () => structuredClone.unpack(ofStructuredClone) },
      { name: 'msgpackr unpack, records', run: () => records.unpack(ofRecords) },
      { name: 'superjson.parse', run: () => superjson.parse(ofSuperjson), rounds: slow },
    ],
    { rounds },
  );

  return {
    title: '100,000 instances of a class',
    notes: [
      'Five fields: an integer, a float, a boolean and two strings. In memory: from the array of instances to bytes (or,',
      'for JSON and superjson, to a string) and back. h5pickle and superjson bring back instances, the others plain objects.',
    ],
    tables: [
      {
        id: 'serialize',
        title: 'To bytes',
        unit: 'ms',
        rows: out.map((row, i) => ({ ...row, size: /** @type {number} */ (sizes[i]) })),
      },
      { id: 'deserialize', title: 'And back', unit: 'ms', rows: back },
    ],
    targets: [
      {
        text: 'serialize: times the time of JSON.stringify',
        value: ratio(out, OURS_OUT, 'JSON.stringify'),
        bound: /** @type {const} */ ('at most'),
        limit: 1,
      },
      {
        text: 'deserialize: times the time of JSON.parse',
        value: ratio(back, OURS_IN, 'JSON.parse'),
        bound: /** @type {const} */ ('at most'),
        limit: 1.2,
      },
    ],
  };
});
