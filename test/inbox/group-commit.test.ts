import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { GroupCommit } from '../../src/inbox/group-commit.ts';
import type { NewMessage, Receipt } from '../../src/inbox/inbox.ts';
import { message } from './support.ts';

const receipt = ({ receivedAt }: NewMessage): Receipt => ({
  kind: 'created',
  inboxId: 1,
  correlationId: 'c',
  receivedAt,
  events: [],
});

/** A commit that ends when the test says so. */
function grouped(ends: () => Promise<void> = async () => {}) {
  const groups: number[] = [];
  const commits = new GroupCommit({
    async commit(messages) {
      groups.push(messages.length);
      await ends();
      return messages.map(receipt);
    },
    queueLimit: 1000,
    onWaiting() {},
  });
  return { commits, groups };
}

const turn = () => new Promise(setImmediate);

/** How much time passes with each look at the clock. */
function clock(millisecondsALook: number): void {
  let now = 0;
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => {
    now += millisecondsALook;
    return now;
  });
  onTestFinished(() => spy.mockRestore());
}

/** Two messages in each of four turns. */
async function acceptInTurns(commits: GroupCommit): Promise<void> {
  const accepted: Promise<Receipt>[] = [];
  for (let turns = 0; turns < 4; turns += 1) {
    accepted.push(commits.accept(message()), commits.accept(message()));
    await turn();
  }
  await Promise.all(accepted);
}

describe('a group', () => {
  it('is one message where there is no other', async () => {
    const { commits, groups } = grouped();
    await commits.accept(message());
    await commits.accept(message());
    expect(groups).toEqual([1, 1]);
  });

  it('grows as long as each turn brings messages', async () => {
    const { commits, groups } = grouped();
    clock(0);
    await acceptInTurns(commits);
    expect(groups).toEqual([8]);
  });

  it('waits some milliseconds at most', async () => {
    const { commits, groups } = grouped();
    clock(5);
    await acceptInTurns(commits);
    expect(groups).toEqual([2, 2, 2, 2]);
  });

  it('waits for no more than make it worth while', async () => {
    const { commits, groups } = grouped();
    await Promise.all(Array.from({ length: 300 }, () => commits.accept(message())));
    expect(groups).toEqual([300]);
  });

  it('takes all that came while others were being committed', async () => {
    const gate = Promise.withResolvers<void>();
    const { commits, groups } = grouped(() => gate.promise);
    const accepted = [commits.accept(message())];
    while (groups.length < 1) await turn();
    accepted.push(commits.accept(message()));
    while (groups.length < 2) await turn();
    accepted.push(...Array.from({ length: 40 }, () => commits.accept(message())));
    for (let turns = 0; turns < 5; turns += 1) await turn();
    expect(groups).toEqual([1, 1]);
    gate.resolve();
    await Promise.all(accepted);
    expect(groups).toEqual([1, 1, 40]);
  });
});
