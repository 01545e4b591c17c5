// @ts-check
import { readFileSync } from 'node:fs';
import { platform } from 'node:os';

/**
 * The most memory that this process has had so far (its largest resident set), in bytes.
 *
 * On Linux not what `process.resourceUsage()` says: the kernel begins that figure with the largest resident set of the process
 * that started this one, so that what a small process of a large one has taken would be what the large one took.
 */
export function largestMemory() {
  return platform() === 'linux' ? memoryOf('VmHWM') : process.resourceUsage().maxRSS * 1024;
}

/** What Linux says of this process, in bytes: its resident set now, or the largest one. */
export function memoryOf(/** @type {'VmRSS' | 'VmHWM'} */ which) {
  const line = new RegExp(`^${which}:\\s*(\\d+) kB$`, 'm').exec(readFileSync('/proc/self/status', 'latin1'));
  if (line === null) throw new Error(`the system does not say ${which} of a process`);
  return Number(line[1]) * 1024;
}
