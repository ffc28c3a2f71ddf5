import { refusePromise } from '../dropped-promise.js';
import { type Damage, damagedJournal } from './corrupt-journal.js';
import type { JournalReaderOptions } from './journal-reader-options.js';

/** What becomes of damage: it is thrown, or, where it is skipped, listed and told of. */
export class DamageLog {
  readonly damages: Damage[] = [];
  private readonly skipsDamage: boolean;
  private readonly onDamage: ((damage: Damage) => void) | undefined;

  constructor({ skipDamage = false, onDamage }: JournalReaderOptions) {
    this.skipsDamage = skipDamage;
    this.onDamage = onDamage;
  }

  /** The place is the one that was reported last. */
  isKnown(fromPosition: number): boolean {
    return this.damages.at(-1)?.fromPosition === fromPosition;
  }

  /** Where there is damage, other than that which was reported last. @throws HermesError ERR_HERMES_CORRUPT_JOURNAL unless it is skipped */
  report(damage: Damage | undefined): void {
    if (damage === undefined) return;
    if (!this.skipsDamage) throw damagedJournal(damage);
    if (this.isKnown(damage.fromPosition)) return;
    this.damages.push(damage);
    try {
      refusePromise(this.onDamage?.(damage), 'onDamage', 'give a function that is done when it returns');
    } catch (error) {
      this.damages.pop(); // to be told of again: a read that has handed something out keeps the error to itself
      throw error;
    }
  }
}
