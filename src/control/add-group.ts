import { checkChoice, checkFlags, checkKnown, type OptionNames } from '../checks.js';
import { HermesError } from '../errors.js';
import { attach } from '../membership/attachment.js';
import { type JoinFrom, joinGroup } from '../membership/group-registry.js';
import { reap } from '../membership/reap.js';
import { DIRECTORY_OPTIONS, type DirectoryOptions } from '../segment/directory.js';
import { activeGroups, type GroupKind } from '../segment/group-entries.js';
import { checkName } from '../segment/segment-name.js';
import { declaredKind, GROUP_DECLARATION, type GroupDeclaration } from './group-declaration.js';

export interface AddGroupOptions extends DirectoryOptions, GroupDeclaration {
  /** Where it begins: at the oldest message that a reliable group still holds, or at the next. Default `oldest`. */
  readonly from?: JoinFrom | undefined;
}

const ADD_GROUP_OPTIONS: OptionNames<AddGroupOptions> = { ...DIRECTORY_OPTIONS, ...GROUP_DECLARATION, from: true };

/**
 * Declares a group of an existing segment. The group is reliable and durable: from now on it holds producers back unless it is read, or
 * removed. True when it was added; false when the very same group was there already.
 * @throws HermesError ERR_HERMES_INVALID_OPTION when a group of that name but of another kind is there; ERR_HERMES_NO_FREE_GROUP;
 *   ERR_HERMES_INVALID_NAME; and what attachConsumer throws
 */
export function addGroup(name: string, group: string, options: AddGroupOptions = {}): boolean {
  checkKnown('addGroup', options, ADD_GROUP_OPTIONS);
  const { shared = false, from = 'oldest' } = options;
  checkName(group, 'group');
  checkFlags(options, 'shared');
  checkChoice('from', from, ['oldest', 'latest']);
  const kind = declaredKind({ name: group, shared });
  const { segment, taken } = attach(name, options, (opened) => {
    reap(opened); // an ephemeral group of that name, whose members have died, has ended
    const existing = activeGroups(opened.memory).find((entry) => entry.name === group);
    if (existing !== undefined && kindText(existing) !== kindText(kind)) throw otherKind(name, group, existing, kind);
    if (existing !== undefined) return false;
    joinGroup(opened.memory, group, kind, from);
    opened.doorbells.ringProducers(); // who found it joining could not tell whether there is room
    return true;
  });
  segment.close();
  return taken;
}

function kindText({ mode, durable, shared }: GroupKind): string {
  return `${mode}, ${durable ? 'durable' : 'ephemeral'}, ${shared ? 'shared' : 'not shared'}`;
}

function otherKind(name: string, group: string, existing: GroupKind, wanted: GroupKind): HermesError {
  return new HermesError(
    'ERR_HERMES_INVALID_OPTION',
    `The group ${group} of the segment ${name} is there and ${kindText(existing)}, where ${kindText(wanted)} is asked for: choose another name, or remove it first (hermes groups ${name} rm ${group})`,
  );
}
