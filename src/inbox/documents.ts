/** Small documents that must outlive a restart, such as the senders' keys; JSON. */
export interface Documents {
  getDocument(name: string): Promise<string | null>;
  putDocument(name: string, json: string): Promise<void>;
  /** Documents whose names begin so, by name. */
  listDocuments(prefix: string): Promise<Map<string, string>>;
  /**
   * Puts a document in the place of what was read, unless somebody else did so meanwhile.
   *
   * @param before what was read; null where there was none
   * @param after null deletes it
   * @returns whether it was put there
   */
  replaceDocument(name: string, before: string | null, after: string | null): Promise<boolean>;
}
