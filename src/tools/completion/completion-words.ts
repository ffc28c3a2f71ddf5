import { segmentNames } from '../../control/list-segments.js';
import { inspectSegment } from '../../index.js';
import { directoryPath } from '../../segment/directory.js';
import { wordsBeforeEnd } from '../command-line.js';

/** These tell the shell to complete files, or directories, by itself. The scripts know these words; nothing else begins with a colon. */
export const FILES = ':files';
export const DIRECTORIES = ':directories';

/** For a number, a size or a time, there is nothing to complete. */
const NOTHING = ':nothing';

type Kind = 'segments' | 'groups' | typeof FILES | typeof DIRECTORIES | typeof NOTHING | readonly string[];

/** What each place of a command takes, if Hermes knows more about it than the help does. The last one repeats. */
const PLACES: Readonly<Record<string, readonly (Kind | undefined)[]>> = {
  inspect: ['segments', undefined],
  rm: ['segments', undefined],
  groups: ['segments', undefined, 'groups'],
  produce: ['segments', FILES],
  consume: ['segments', undefined],
  record: ['segments', undefined],
  latency: ['segments', undefined],
  replay: [DIRECTORIES, undefined],
  journal: [undefined, DIRECTORIES],
  bench: [['throughput', 'latency'], undefined],
};

/** The same for options. If it depends on the command, the command comes first. */
const OPTIONS: Readonly<Record<string, Kind>> = {
  '--group': 'groups',
  '--into': 'segments',
  '--directory': DIRECTORIES,
  '--config': FILES,
  '--svg': FILES,
  '--hgrm': FILES,
  'record --to': DIRECTORIES,
  'replay --to': NOTHING,
  'replay --from': NOTHING,
  'create --mode': NOTHING,
  'create --group': NOTHING,
  ...Object.fromEntries(
    [
      ...['--producers', '--members', '--max-groups', '--capacity', '--max-payload', '--file-size', '--sync-interval'],
      ...['--type', '--rate', '--count', '--seconds', '--lane', '--speed', '--keep-bytes', '--keep-age'],
      ...['--messages', '--payload', '--wait', '--consumers', '--batch'],
    ].map((option) => [option, NOTHING] as const),
  ),
};

/**
 * The names that may stand for the last of `words`, which is being written. `words` is a command line without the program's name.
 * Undefined if only the help knows (commands, options, choices). Never throws: whoever presses Tab wants no error.
 */
export function completionWords(words: readonly string[]): string[] | undefined {
  try {
    return complete(joined(words));
  } catch {
    return [];
  }
}

function complete(words: readonly string[]): string[] | undefined {
  const current = words.at(-1) ?? '';
  const [, inlineOption, inlineValue = ''] = /^(--[^=]+)=(.*)$/s.exec(current) ?? [];
  const line = new Line(words.slice(0, -1));
  if (inlineOption !== undefined) {
    const kind = line.kindOfOption(inlineOption);
    if (kind === undefined || kind === FILES || kind === DIRECTORIES) return undefined;
    return line.namesOf(kind, inlineValue).map((name) => `${inlineOption}=${name}`);
  }
  const kind = line.kindOfOption(words.at(-2) ?? '') ?? (current.startsWith('-') ? undefined : line.kindOfPlace());
  return kind === undefined ? undefined : line.namesOf(kind, current);
}

/** Bash makes three words of `--group=x`. This joins them again. */
function joined(words: readonly string[]): string[] {
  const result: string[] = [];
  for (let at = 0; at < words.length; at++) {
    if (words[at] === '=' && result.at(-1)?.startsWith('--')) {
      if (at + 1 >= words.length) result.push('');
      continue;
    }
    result.push(words[at]!);
  }
  return result;
}

/** A command line up to the word that is being written. */
class Line {
  private readonly places: readonly string[];
  readonly directory: string | undefined;

  constructor(words: readonly string[]) {
    const places: string[] = [];
    let directory: string | undefined;
    const before = wordsBeforeEnd(words);
    for (let at = 0; at < before.length; at++) {
      const word = before[at]!;
      if (word.startsWith('--directory=')) directory = word.slice('--directory='.length);
      else if (word === '--directory') directory = before[++at];
      else if (Object.hasOwn(OPTIONS, word) || Object.hasOwn(OPTIONS, `${places[0]} ${word}`)) at++;
      else if (!word.startsWith('-')) places.push(word);
    }
    this.places = places;
    this.directory = directory;
  }

  kindOfOption(option: string): Kind | undefined {
    const [command] = this.places;
    const key = [`${command} ${option}`, option].find((each) => Object.hasOwn(OPTIONS, each));
    return key === undefined ? undefined : OPTIONS[key];
  }

  kindOfPlace(): Kind | undefined {
    const [command = '', ...places] = this.places;
    if (!Object.hasOwn(PLACES, command)) return undefined;
    const kinds = PLACES[command]!;
    return kinds[Math.min(places.length, kinds.length - 1)];
  }

  namesOf(kind: Kind, start: string): string[] {
    if (kind === FILES || kind === DIRECTORIES) return [kind];
    if (kind === NOTHING) return [];
    const names =
      typeof kind === 'object' ? kind : kind === 'segments' ? segmentNames(directoryPath(this)) : this.groups();
    return names.filter((name) => name.startsWith(start));
  }

  private groups(): string[] {
    const [, segment = ''] = this.places;
    return inspectSegment(segment, { directory: this.directory }).groups.map(({ name }) => name);
  }
}
