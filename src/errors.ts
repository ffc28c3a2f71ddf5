/** The stable codes of {@link HermesError}; programs switch on these, people read the message. */
export type HermesErrorCode =
  | 'ERR_HERMES_SEGMENT_NOT_FOUND'
  | 'ERR_HERMES_SEGMENT_EXISTS'
  | 'ERR_HERMES_INVALID_NAME'
  | 'ERR_HERMES_INVALID_OPTION'
  | 'ERR_HERMES_INVALID_STATE'
  | 'ERR_HERMES_INCOMPATIBLE_LAYOUT'
  | 'ERR_HERMES_OTHER_BOOT'
  | 'ERR_HERMES_CORRUPT_SEGMENT'
  | 'ERR_HERMES_JOURNAL_NOT_FOUND'
  | 'ERR_HERMES_CORRUPT_JOURNAL'
  | 'ERR_HERMES_NO_SPACE'
  | 'ERR_HERMES_NO_FREE_LANE'
  | 'ERR_HERMES_NO_FREE_GROUP'
  | 'ERR_HERMES_NO_FREE_MEMBER'
  | 'ERR_HERMES_GROUP_NOT_FOUND'
  | 'ERR_HERMES_PAYLOAD_TOO_LARGE'
  | 'ERR_HERMES_DETACHED'
  | 'ERR_HERMES_REMOVED'
  | 'ERR_HERMES_BUSY'
  | 'ERR_HERMES_PERMISSION'
  | 'ERR_HERMES_SYSTEM'
  | 'ERR_HERMES_UNSUPPORTED_PLATFORM';

/** Every error that Hermes throws on purpose: a stable `code`, and a message with the offending value and the remedy. */
export class HermesError extends Error {
  override readonly name = 'HermesError';

  constructor(
    readonly code: HermesErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** Otherwise JSON would contain no message. */
  toJSON(): { readonly name: string; readonly code: HermesErrorCode; readonly message: string } {
    const { name, code, message } = this;
    return { name, code, message };
  }
}
