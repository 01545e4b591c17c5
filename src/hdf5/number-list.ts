/** A growing list of numbers without boxing: positions, addresses, identifiers. */
export class NumberList {
  data = new Float64Array(64);
  length = 0;

  push(value: number): number {
    if (this.length === this.data.length) {
      const grown = new Float64Array(this.length * 2);
      grown.set(this.data);
      this.data = grown;
    }
    this.data[this.length] = value;
    return this.length++;
  }
}
