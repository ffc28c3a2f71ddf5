import { checkFlags, checkKnown, checkObject, type OptionNames, textOf } from '../checks.js';
import { HermesError } from '../errors.js';
import { DEFAULT_GROUP, type GroupKind } from '../segment/group-entries.js';
import { checkName } from '../segment/segment-name.js';

/** A group that a segment is declared with: reliable and durable. */
export interface GroupDeclaration {
  /** A work queue: its members share the messages between them. Default false: its one member sees them all. */
  readonly shared?: boolean | undefined;
}

export const GROUP_DECLARATION: OptionNames<GroupDeclaration> = { shared: true };

/** The groups of a segment, by name. */
export type GroupDeclarations = Readonly<Record<string, GroupDeclaration>>;

/** The same, resolved. */
export interface DeclaredGroup {
  readonly name: string;
  readonly shared: boolean;
}

/** Undefined where nothing is declared. @throws HermesError ERR_HERMES_INVALID_OPTION, _INVALID_NAME */
export function resolveGroups(groups: unknown): readonly DeclaredGroup[] | undefined {
  if (groups === undefined) return undefined;
  if (typeof groups !== 'object' || groups === null || Array.isArray(groups)) {
    throw new HermesError(
      'ERR_HERMES_INVALID_OPTION',
      `groups is ${textOf(groups)}: declare groups by name, such as { workers: { shared: true }, audit: {} }; the most groups that a segment may have is maxGroups`,
    );
  }
  return Object.entries(groups as GroupDeclarations).map(([name, declaration]) => {
    checkName(name, 'group');
    checkObject(`the group ${name}`, declaration);
    checkKnown(`The group ${name}`, declaration, GROUP_DECLARATION);
    checkFlags(declaration, 'shared');
    return { name, shared: declaration.shared ?? false };
  });
}

/** The groups that a segment has from its creation on: the declared ones, or if nothing is declared, `default`. */
export function initialGroups(
  declared: readonly DeclaredGroup[] | undefined,
  shared: boolean,
): readonly DeclaredGroup[] {
  return declared ?? [{ name: DEFAULT_GROUP, shared }];
}

/** The kind of a declared group, as an entry of the table has it. */
export function declaredKind({ shared }: DeclaredGroup): GroupKind {
  return { mode: 'reliable', shared, durable: true };
}
