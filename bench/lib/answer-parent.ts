import type { Question, Questions, Reply } from './child.ts';

/**
 * The child's side of `Child`: answers the parent's questions until the parent is gone, then ends the process.
 *
 * @param close what is to be done before the end
 */
export function answerParent(questions: Questions, close: () => unknown = () => {}): void {
  const send = (reply: Reply) => process.connected && process.send?.(reply);
  process.on('message', async ({ id, name, argument }: Question) => {
    try {
      send({ id, result: await questions[name]?.(argument as never) });
    } catch (error) {
      send({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  process.once('disconnect', async () => {
    // Ending in good order lets Node write the profile.
    await close();
    process.exit();
  });
  // Ctrl-C reaches the whole group; the parent decides.
  process.on('SIGINT', () => {});
}
