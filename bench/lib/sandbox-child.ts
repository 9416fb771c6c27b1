import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { answerParent } from './answer-parent.ts';

/** The stand-in for an Odoo: in a process of its own, so that its memory and CPU are nobody else's. */
let sandbox: Sandbox | null = null;

const questions = {
  async start() {
    sandbox = await startSandbox();
    const { url, db, admin, bridge } = sandbox;
    return { url, db, admin: { ...admin }, bridge: { ...bridge } };
  },
};

export type SandboxQuestions = typeof questions;
answerParent(questions, () => sandbox?.close());
