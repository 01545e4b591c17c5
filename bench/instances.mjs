// @ts-check
/** 100,000 instances of a class, against what else turns objects into bytes or text. */
import * as v8 from 'node:v8';
import { deserialize, serialize, TypeRegistry } from 'h5pickle';
import { Packr } from 'msgpackr';
import superjson from 'superjson';
import { checkSame, compare, ratioToBest, runScenario } from './harness.mjs';
import { Reading, readings } from './values.mjs';

const COUNT = 100_000;
const OURS_OUT = 'h5pickle serialize';
const OURS_IN = 'h5pickle deserialize';
const BEST_OUT = ['JSON.stringify', 'v8.serialize', 'msgpackr pack, structuredClone'];
const BEST_IN = ['JSON.parse', 'v8.deserialize', 'msgpackr unpack, structuredClone'];

await runScenario(async ({ quick }) => {
  const instances = readings(COUNT);
  const registry = new TypeRegistry().register(Reading, { name: 'Reading' });
  superjson.registerClass(Reading, { identifier: 'Reading' });
  const structuredClone = new Packr({ structuredClone: true, moreTypes: true });
  const records = new Packr({ structures: [] });

  const bytes = serialize(instances, { registry });
  const json = JSON.stringify(instances);
  const ofV8 = v8.serialize(instances);
  const ofStructuredClone = structuredClone.pack(instances);
  const ofRecords = records.pack(instances);
  const ofSuperjson = superjson.stringify(instances);

  checkSame('h5pickle', deserialize(bytes, { registry }), instances);
  checkSame('superjson', superjson.parse(ofSuperjson), instances);
  const plain = instances.map((reading) => ({ ...reading }));
  checkSame('JSON', JSON.parse(json), plain);
  checkSame('v8', v8.deserialize(ofV8), plain);
  checkSame('msgpackr, structuredClone', structuredClone.unpack(ofStructuredClone), plain);
  checkSame('msgpackr, records', records.unpack(ofRecords), plain);

  const rounds = quick ? 5 : 15;
  const slow = quick ? 2 : 5;
  const out = await compare(
    [
      { name: OURS_OUT, run: () => serialize(instances, { registry }) },
      { name: 'JSON.stringify', run: () => JSON.stringify(instances) },
      { name: 'v8.serialize', run: () => v8.serialize(instances) },
      { name: 'msgpackr pack, structuredClone', run: () => structuredClone.pack(instances) },
      { name: 'msgpackr pack, records', run: () => records.pack(instances) },
      { name: 'superjson.stringify', run: () => superjson.stringify(instances), rounds: slow },
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
      'for JSON and superjson, to a string) and back. h5pickle and superjson bring back instances of the class. The others',
      'lose the class and bring back plain objects, which is less work; the targets are about the fastest of JSON, v8 and',
      'msgpackr as structuredClone (with moreTypes) all the same.',
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
        text: 'serialize: times the time of the best of JSON, v8 and msgpackr',
        value: ratioToBest(out, OURS_OUT, BEST_OUT),
        bound: /** @type {const} */ ('at most'),
        limit: 0.5,
      },
      {
        text: 'deserialize: times the time of the best of JSON, v8 and msgpackr',
        value: ratioToBest(back, OURS_IN, BEST_IN),
        bound: /** @type {const} */ ('at most'),
        limit: 1,
      },
    ],
  };
});
