/** Milliseconds that Odoo may take for a part of a page. */
const LIMIT_MS = 3000;

/** Null where it fails or takes too long: an Odoo that is down must not take the page with it. */
export async function inTime<T>(asked: Promise<T>): Promise<T | null> {
  const { promise, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), LIMIT_MS);
  try {
    return await Promise.race([asked, promise]);
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
    asked.catch(() => {});
  }
}
