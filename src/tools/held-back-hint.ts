import { heldBackText } from '../control/held-back-remedy.js';
import type { HeldBack, Producer } from '../index.js';
import { tellWhenHeldBack } from '../participants/held-back-watch.js';
import { say } from './output.js';

/** Milliseconds without progress after which a command says why. */
export const HINT_AFTER_MS = 1000;

/** Says on stderr who holds a producer back, and what to do. It says so once for each group, its members, and the reason why it does not go on. */
export class HeldBackHint {
  private readonly told: Set<string> = new Set();

  /** Does so from now on for a producer that waits in `send`. */
  watch(producer: Producer): void {
    tellWhenHeldBack(producer, HINT_AFTER_MS, (heldBack) => this.tell(heldBack));
  }

  /** `who` says who waits: by default, the command itself. */
  tell(heldBack: HeldBack, who = 'nothing sent for a second'): void {
    const key = JSON.stringify([heldBack.group, heldBack.reason, heldBack.members.map(({ pid }) => pid)]);
    if (this.told.has(key)) return;
    this.told.add(key);
    const clear = process.stderr.isTTY ? '\r\x1b[K' : ''; // clears the line of progress
    say(`${clear}hermes: ${who}: held back by ${heldBackText(heldBack)}. What to do: ${remedyText(heldBack)}`);
  }
}

/** The command is on a line of its own, so that it can be pasted. */
function remedyText({ remedy, command }: HeldBack): string {
  return command === null ? `${remedy}.` : `${remedy}:\n  ${command}`;
}
