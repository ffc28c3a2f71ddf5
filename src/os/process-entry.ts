import fs from 'node:fs';
import path from 'node:path';

/** What /proc says of a process, for people. */
interface ProcessEntry {
  /** Such as `node worker.js`, `hermes consume`, `python3`: never its other arguments, which may be secrets. */
  readonly command: string;
  /** Stopped by a signal (SIGSTOP, Ctrl-Z) or by a debugger. */
  readonly isStopped: boolean;
  /** Its main thread waits until somebody reads what it has written into a pipe, a socket or a terminal. */
  readonly awaitsReader: boolean;
}

/** Identifies a file that a process has open. */
interface OpenFile {
  readonly dev: number;
  readonly ino: number;
}

const MOST_CHARACTERS = 40;
const NODE = /^node(js)?[\d.]*$/;
/** Options of Node whose value is the next word. */
const WITH_VALUE = /^(-r|--require|--import|--loader|--experimental-loader|-C|--conditions|--env-file)$/;
const HERMES = /^hermes(-ipc)?(\.[cm]?js)?$/;
/** Kernel functions in which a writer sleeps while nobody reads. */
const WRITING =
  /^(anon_)?pipe_write$|^pipe_wait_writable$|^n_tty_write$|^sock_alloc_send_pskb$|^sk_stream_wait_memory$|^unix_wait_for_peer$/;

/**
 * The process with that number, if it has `file` open as far as can be seen from here. A number of another PID namespace
 * means nothing here, or means another process. Undefined in that case, and if /proc does not show the process.
 */
export function processEntry(pid: number, file: OpenFile): ProcessEntry | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    const nameEnd = stat.lastIndexOf(')');
    const state = stat[nameEnd + 2] ?? '';
    if ('ZXx'.includes(state) || !hasOpen(pid, file)) return undefined;
    const name = stat.slice(stat.indexOf('(') + 1, nameEnd);
    return { command: commandOf(pid, name), isStopped: 'Tt'.includes(state), awaitsReader: WRITING.test(waitsIn(pid)) };
  } catch {
    return undefined;
  }
}

/** A process whose descriptors we may not look at is believed. @throws when there is no such process */
function hasOpen(pid: number, { dev, ino }: OpenFile): boolean {
  let numbers: string[];
  try {
    numbers = fs.readdirSync(`/proc/${pid}/fd`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return true;
    throw error;
  }
  return numbers.some((number) => {
    try {
      const stat = fs.statSync(`/proc/${pid}/fd/${number}`);
      return stat.ino === ino && stat.dev === dev;
    } catch {
      return false; // closed meanwhile
    }
  });
}

function waitsIn(pid: number): string {
  try {
    return fs.readFileSync(`/proc/${pid}/wchan`, 'latin1');
  } catch {
    return '';
  }
}

function commandOf(pid: number, name: string): string {
  const [program = '', ...args] = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  return printable(program === '' ? name : commandName(program, args));
}

/** The program's name, with the script that an interpreter runs, and the command of Hermes's own command line. */
export function commandName(program: string, args: readonly string[]): string {
  const name = path.basename(program.split(' ')[0]!);
  if (HERMES.test(name)) return hermesName(args);
  if (!NODE.test(name)) return name;
  const script = args.findIndex(
    (word, i) => word !== '' && !word.startsWith('-') && !WITH_VALUE.test(args[i - 1] ?? ''),
  );
  const option = args.find((word) => /^-(e|p|-eval|-print)$/.test(word));
  if (option !== undefined && args.indexOf(option) < script) return `${name} ${option}`;
  if (script === -1) return name;
  const scriptName = path.basename(args[script]!);
  return HERMES.test(scriptName) ? hermesName(args.slice(script + 1)) : `${name} ${scriptName}`;
}

function hermesName(args: readonly string[]): string {
  const command = args.find((word, i) => /^[a-z]+$/.test(word) && args[i - 1] !== '--directory');
  return command === undefined ? 'hermes' : `hermes ${command}`;
}

/** The name is shown on terminals, and anybody may give a program any name. */
function printable(text: string): string {
  const clean = text.replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?');
  return clean.length > MOST_CHARACTERS ? `${clean.slice(0, MOST_CHARACTERS - 1)}…` : clean;
}
