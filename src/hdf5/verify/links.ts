import type { Link } from '../messages/link.js';
import type { LinkInfo } from '../messages/link-info.js';
import { quote } from './findings.js';
import type { ObjectRecord } from './object-record.js';
import type { Walk } from './walk.js';

/** Checks the links of a group, and counts the hard ones. */
export function checkLinks(
  walk: Walk,
  object: ObjectRecord,
  links: readonly Link[],
  info: LinkInfo | undefined,
): void {
  const names = new Set<string>();
  const orders = new Set<number>();
  for (const link of links) {
    const { name, order } = link;
    if (names.has(name)) walk.problem('link', object.address, object, `there are two links ${quote(name)}`);
    names.add(name);
    if (name === '' || name.includes('/'))
      walk.problem('link', object.address, object, `a link cannot have the name ${quote(name)}`);
    if (order >= 0) {
      if (orders.has(order))
        walk.problem('link', object.address, object, `two links have the creation order ${order}`);
      orders.add(order);
      if (info?.creationOrderTracked && order >= info.nextCreationOrder)
        walk.problem(
          'link',
          object.address,
          object,
          `the link ${quote(name)} has the creation order ${order}, the next one would get ${info.nextCreationOrder}`,
        );
    }
    if (link.kind !== 'hard') continue;
    const { address } = link;
    if (address >= 0 && address < walk.end) walk.link(object, name, address);
    else
      walk.problem(
        'link-target',
        address,
        object,
        `the link ${quote(name)} leads to ${address < 0 ? 'no address' : 'an address outside of the file'}`,
      );
  }
}

/** Compares what headers say of the links to their objects with those that were found. */
export function checkLinkCounts(walk: Walk): void {
  for (const object of walk.objects.values()) {
    const { count, found, address } = object;
    if (count < 0 || count === found) continue;
    // Where not all could be read, links may be missing.
    if (!walk.sawAll && found < count) continue;
    walk.problem(
      'link-count',
      address,
      object,
      `the header counts ${count} links to the object; there are ${found}${object.parent ? '' : ', with that of the superblock'}`,
    );
  }
}
