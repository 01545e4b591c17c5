import type { Attribute } from '../messages/attribute.js';
import type { AttributeInfo } from '../messages/attribute-info.js';
import { extent } from '../messages/dataspace.js';
import { EMPTY_ENUM, hasEmptyEnum } from './datatype.js';
import { followElements, pointersOf } from './elements.js';
import { quote } from './findings.js';
import type { ObjectRecord } from './object-record.js';
import type { Walk } from './walk.js';

/** Checks the attributes of an object, and follows their elements. */
export function checkAttributes(
  walk: Walk,
  object: ObjectRecord,
  attributes: readonly Attribute[],
  info: AttributeInfo | undefined,
): void {
  const names = new Set<string>();
  const orders = new Set<number>();
  for (const { name, order, datatype, data, dataspace, offset } of attributes) {
    const place = offset - walk.base;
    if (names.has(name)) walk.problem('attribute', place, object, `there are two attributes ${quote(name)}`);
    names.add(name);
    if (order >= 0) {
      if (orders.has(order))
        walk.problem('attribute', place, object, `two attributes have the creation order ${order}`);
      orders.add(order);
      if (info?.creationOrderTracked && order >= info.nextCreationOrder)
        walk.problem(
          'attribute',
          place,
          object,
          `the attribute ${quote(name)} has the creation order ${order}, the next one would get ${info.nextCreationOrder}`,
        );
    }
    if (hasEmptyEnum(datatype)) walk.problem('attribute', place, object, EMPTY_ENUM);
    walk.attempt('attribute', place, object, () =>
      followElements(walk, object, pointersOf(datatype), data, extent(dataspace), datatype.size),
    );
  }
}
