/** What yargs knows about a command's options. The types that it comes with leave this out. */
export interface Declarations {
  getOptions(): {
    readonly string: string[];
    readonly number: string[];
    readonly boolean: string[];
    readonly array: string[];
    readonly hiddenOptions: string[];
    readonly key: Readonly<Record<string, unknown>>;
  };
  getGroups(): Readonly<Record<string, string[]>>;
  getDemandedOptions(): Readonly<Record<string, unknown>>;
  getInternalMethods(): {
    getContext(): { readonly commands: readonly string[] };
    getCommandInstance(): { getCommands(): string[] };
    getUsageInstance(): { getDescriptions(): Readonly<Record<string, string | undefined>> };
  };
}

/** What the help says about an option or a place, such as ` (most producers at one time, 1–256)`. Empty if it says nothing. */
export function whatItTakes(name: string, declared: Declarations): string {
  const descriptions = declared.getInternalMethods().getUsageInstance().getDescriptions();
  const [, text] = Object.entries(descriptions).find(([key, described]) => described && isSame(key, name)) ?? [];
  if (text === undefined) return '';
  const words = text.replace('__yargsString__:', '');
  const isName = /^[A-Z][A-Z-]/.test(words); // CRC-32
  return ` (${isName ? words : words[0]!.toLowerCase() + words.slice(1)})`;
}

/** True if both are spellings of one option: `--max-payload` may be written `--maxPayload`. */
export function isSame(name: string, other: string): boolean {
  return name.replaceAll('-', '').toLowerCase() === other.replaceAll('-', '').toLowerCase();
}
