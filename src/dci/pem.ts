/** A PEM block without headers in it, whatever became of its line breaks. */
const BLOCK = /-----BEGIN ([A-Z0-9]+(?: [A-Z0-9]+)*)-----([^-]*)-----END \1-----/g;
/** What a line break may have become: `\n` or `\r\n` as characters, blanks, other line ends, or nothing. */
const BREAKS = /(?:\\r|\\n|\s)+/g;
const ENDS = /^(?:\\r|\\n|\s)+|(?:\\r|\\n|\s)+$/g;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * A text with PEM blocks in it, each with the line breaks that its file has: forms, environment variables and JSON lose
 * them, turn them into blanks, or write them as `\n`. A block whose content is no base64 is left as it is.
 */
export function withLineBreaks(text: string): string {
  return text
    .replaceAll(BLOCK, (block, label: string, content: string) => {
      const base64 = content.replaceAll(BREAKS, '');
      // Base64 comes in fours; where a break left a letter behind, the length mostly shows it.
      if (!BASE64.test(base64) || base64.length % 4 !== 0) return block;
      const lines = base64.match(/.{1,64}/g) ?? [];
      return `\n-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
    })
    .replaceAll(ENDS, '');
}

/** Whether a PEM that cannot be read has none of the line breaks that its file must have had. */
export function lacksLineBreaks(text: string): boolean {
  return text.includes('-----BEGIN ') && !text.trim().includes('\n');
}
