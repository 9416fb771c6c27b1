/**
 * Decodes base64 (RFC 4648, section 4 or 5), only as an encoder writes it: padded (`base64`) or not padded
 * (`base64url`), no white space, no stray bits at the end. Null for all else, so that one signature has one spelling.
 */
export function decodeBase64(text: string, encoding: 'base64' | 'base64url'): Buffer | null {
  // Node's decoder skips what it does not know; encoding again shows whether it did.
  const bytes = Buffer.from(text, encoding);
  return bytes.toString(encoding) === text ? bytes : null;
}
