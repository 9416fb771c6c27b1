/** For `vi.waitFor`: as long as a busy machine takes. It looks often, so that a quiet one loses no time. */
export const PATIENCE = { timeout: 120_000, interval: 20 };
