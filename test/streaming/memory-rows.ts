/** What is written in a process of little memory. */
export interface Row {
  readonly id: number;
  readonly name: string;
  readonly at: Date;
  readonly signal: Float64Array;
}

export const SAMPLES = 2048;

export function rowOf(id: number): Row {
  const signal = new Float64Array(SAMPLES);
  for (let i = 0; i < SAMPLES; i++) signal[i] = id + i;
  return { id, name: `reading number ${id}`, at: new Date(id), signal };
}
