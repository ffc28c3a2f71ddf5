/** Where a lane's records go before they are published. */
export interface RecordSink {
  /**
   * Takes the records of the lane from `head` to `end` (low words of positions). What it throws goes to the producer,
   * and they are not published.
   */
  take(head: number, end: number): void;
}
