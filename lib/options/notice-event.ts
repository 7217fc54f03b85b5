/** Something to know that is no error, such as texts that were cut. It is told when it is found. */
export interface NoticeEvent {
  /** Which event this is. */
  type: "notice";
  /** What there is to know, in a sentence for people. */
  message: string;
}
