import { refuseHandlersPromise } from '../dropped-promise.js';
import { RECORD_HEADER_LENGTH } from '../layout/record.js';
import type { MessageHandler } from '../ring/message.js';
import type { JournalWalker } from './journal-walker.js';

/** Gives a handler the message at which a walker stands. What the handler does not take comes again. */
export class HandOver {
  /** While the handler runs. */
  isRunning = false;
  private isRefused = false;

  /** In a handler: the message comes again. */
  refuse(): void {
    this.isRefused = true;
  }

  /** False when the handler has refused the message. @throws what the handler throws */
  run(walker: JournalWalker, handler: MessageHandler): boolean {
    const { message } = walker.file.memory;
    message.lane = walker.lane;
    message.type = walker.type;
    message.length = walker.length;
    message.offset = walker.recordOffset + RECORD_HEADER_LENGTH;
    const next = walker.offset;
    walker.offset = walker.recordOffset; // `position` tells of this message
    this.isRunning = true;
    try {
      refuseHandlersPromise(handler(message));
    } catch (error) {
      walker.stepBack();
      throw error;
    } finally {
      this.isRunning = false;
    }
    walker.offset = next;
    if (!this.isRefused) return true;
    this.isRefused = false;
    walker.stepBack();
    return false;
  }
}
